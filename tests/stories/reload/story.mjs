// SIGHUP takes new feeds, mappings and certificates without dropping a connection; a broken file
// changes nothing and says why; SIGTERM finishes what is under way.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { frame, MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(50),
  feeds: [['mission-ehr', 'mission', 'NEXTEHR/MISSION']],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())
await instance.serve()
const token = instance.token('reader', 'system/*.rs')
const siteFile = join(instance.directory, 'sites/mission/mission.xml')
const original = readFileSync(siteFile, 'utf8')
const patient = async (mrn) => (await instance.request(`/fhir/Patient?identifier=${mrn}`, { token })).json.entry[0].resource
const reloads = () => instance.log.filter((line) => /"event":"reload/.test(line)).length

async function reload() {
  const before = reloads()
  instance.child.kill('SIGHUP')
  await until('a reload is logged', 10000, () => reloads() > before)
  await sleep(300)
}

await test('a new mapping takes effect on a connection that stays open', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await peer.ask(adt({ id: 'R-1', mrn: 'R1' }))).code, 'AA')
  assert.ok((await patient('R1')).telecom)
  writeFileSync(siteFile, original.replace('</site>', '  <drop id="pid.phone-home" because="this clinic shares no phone numbers"/>\n</site>'))
  await reload()
  assert.equal((await peer.ask(adt({ id: 'R-2', mrn: 'R2' }))).code, 'AA')
  assert.equal((await patient('R2')).telecom, undefined)
  peer.end()
})

await test('a broken mapping changes nothing and the log says where it is broken', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  writeFileSync(siteFile, original.replace('</site>', '  <drop id="pid.phone-hmoe" because="a typing mistake"/>\n</site>'))
  await reload()
  assert.match(instance.log.join('\n'), /mission\.xml:\d+:\d+/)
  assert.equal((await peer.ask(adt({ id: 'R-3', mrn: 'R3' }))).code, 'AA')
  assert.equal((await patient('R3')).telecom, undefined)
  assert.equal(run(['check', instance.directory]).code, 3)
  writeFileSync(siteFile, original)
  await reload()
  assert.equal((await peer.ask(adt({ id: 'R-4', mrn: 'R4' }))).code, 'AA')
  assert.ok((await patient('R4')).telecom)
  peer.end()
})

await test('a feed that was added gets in after a reload', async () => {
  must(['feed', 'add', instance.directory, 'second', '--site', 'mission', '--allow', 'SECOND/MISSION'])
  await reload()
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('second') })
  assert.equal((await peer.ask(adt({ id: 'S-1', app: 'SECOND', mrn: 'S1' }))).code, 'AA')
  peer.end()
})

await test('TERM answers what is under way, leaves within ten seconds and exits 0', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  for (let i = 0; i < 50; i++) peer.sendRaw(frame(adt({ id: `T-${i}`, mrn: 'T1' })))
  await peer.next()
  const began = Date.now()
  const workers = engineProcesses(instance.child.pid).map(({ pid }) => pid)
  const end = await instance.stop('SIGTERM')
  assert.equal(end.code, 0)
  assert.ok(Date.now() - began < 10500)
  await sleep(100)
  for (const pid of workers) assert.throws(() => process.kill(pid, 0))
})

await test('and it starts again with everything that was acknowledged', async () => {
  await instance.serve()
  assert.ok((await patient('T1')).id)
})

await finish()
