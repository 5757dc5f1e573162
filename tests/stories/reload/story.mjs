// SIGHUP takes new feeds, mappings and certificates without dropping a connection; a broken file
// changes nothing and says why; SIGTERM finishes what is under way.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Instance, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { frame, MllpPeer, parseAnswer } from '../lib/mllp.mjs'
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
const reloads = () => instance.log.filter((line) => /"event":"(reloaded|reload-refused)"/.test(line)).length

// Two doors, the judge and the courier each say once whether they took it.
async function reload() {
  const before = reloads()
  instance.child.kill('SIGHUP')
  await until('all workers have reloaded or refused', 20000, () => reloads() >= before + 4)
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

await test('a clinic comes and goes while another one sends, and each is read by its own rules', async () => {
  const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const codes = []
  let sending = true
  const stream = (async () => {
    for (let i = 0; sending; i++) codes.push((await mission.ask(adt({ id: `M-${i}`, mrn: `M${i}` }))).code)
  })()
  must(['site', 'add', instance.directory, 'eastside', '--time-zone', 'America/New_York'])
  must(['feed', 'add', instance.directory, 'eastside-ehr', '--site', 'eastside', '--allow', 'EASTEHR/EAST'])
  const own = join(instance.directory, 'sites/eastside/eastside.xml')
  writeFileSync(own, readFileSync(own, 'utf8').replace('</site>', '  <drop id="pid.phone-home" because="this clinic shares no phone numbers"/>\n</site>'))
  await reload()
  const eastside = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('eastside-ehr') })
  assert.equal((await eastside.ask(adt({ id: 'E-1', app: 'EASTEHR', facility: 'EAST', mrn: 'E1' }))).code, 'AA')
  eastside.end()
  assert.equal((await patient('E1')).telecom, undefined)
  rmSync(join(instance.directory, 'feeds/eastside-ehr.xml'))
  rmSync(join(instance.directory, 'sites/eastside'), { recursive: true })
  await reload()
  sending = false
  await stream
  assert.ok(codes.length > 4, `${codes.length} messages`)
  assert.deepEqual(codes.filter((code) => code !== 'AA'), [])
  for (const i of [0, codes.length - 1]) assert.ok((await patient(`M${i}`)).telecom)
  mission.end()
})

const mappingsInForce = async () => /^mappings: ([0-9a-f]{64})$/m.exec((await instance.request('/readyz')).text)?.[1]
const measured = async () => {
  const { text } = await instance.request('/metrics', { token })
  return [...text.matchAll(/^painbridge_mapping_revision_info\{revision="([0-9a-f]{16})"\} (\d)$/gm)].map(([, hash, value]) => [hash, value])
}

await test('readyz and metrics name the mappings in force, and only those', async () => {
  const before = await mappingsInForce()
  assert.deepEqual((await measured()).filter(([, value]) => value === '1'), [[before.slice(0, 16), '1']])
  writeFileSync(siteFile, original.replace('</site>', '  <drop id="pid.phone-work" because="a test"/>\n</site>'))
  await reload()
  const after = await mappingsInForce()
  assert.notEqual(after, before)
  assert.deepEqual((await measured()).filter(([, value]) => value === '1'), [[after.slice(0, 16), '1']])
  writeFileSync(siteFile, original)
  await reload()
  assert.equal(await mappingsInForce(), before)
  assert.deepEqual((await measured()).filter(([, value]) => value === '1'), [[before.slice(0, 16), '1']])
})

await test('a code table of a site is served as it is after the reload', async () => {
  const map = async (path) => instance.request(`/fhir/ConceptMap/${path}`, { token })
  const codes = join(instance.directory, 'sites/mission/codes')
  const before = (await map('AdministrativeSex')).json
  assert.equal((await map('mission.AdministrativeSex')).status, 404)
  const file = join(instance.directory, 'table.json')
  writeFileSync(file, JSON.stringify({ resourceType: 'ConceptMap', status: 'active', url: before.url,
    group: [{ element: [{ code: 'W', target: [{ code: 'female', equivalence: 'equivalent' }] }] }] }))
  must(['map', 'import', file, '--site', join(instance.directory, 'sites/mission'), '--who', 'ana', '--why', 'as their desk says'])
  assert.equal((await map('mission.AdministrativeSex')).status, 404)
  await reload()
  const served = (await map('mission.AdministrativeSex')).json
  assert.deepEqual(served.group[0].unmapped, { mode: 'other-map', url: before.url })
  assert.equal(served.group[0].element[0].target[0].comment, 'as their desk says')
  assert.deepEqual((await map('AdministrativeSex')).json, before)
  rmSync(codes, { recursive: true })
  await reload()
  assert.equal((await map('mission.AdministrativeSex')).status, 404)
})

// --- revisions ---------------------------------------------------------------------------------

const kept = join(instance.directory, 'revisions')
const why = (...words) => run(['why', '--json', '--instance', instance.directory, ...words])
const whyLine = (...words) => {
  const { stdout, stderr, code } = why(...words)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout.trim().split('\n')[0])
}
const message = (id) => JSON.parse(must(['message', 'show', '--json', instance.directory, id]).stdout)
// The site's own rule for Patient.language, on the line that the argument makes it.
const ownRule = (before, language) =>
  original.replace('</site>', `${before}  <add map="PID-Patient">\n    <set id="mission.language" to="language" value="${language}"/>\n  </add>\n</site>`)
const lineOf = (text) => text.split('\n').findIndex((line) => line.includes('mission.language')) + 1

await test('why names the line as it was when the message came, for the old value and the new', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const first = ownRule('', 'es')
  const second = ownRule('\n\n  <!-- two lines further down -->\n', 'en')
  assert.equal(lineOf(second), lineOf(first) + 3)
  for (const [id, mrn, text, language] of [['V-1', 'V1', first, 'es'], ['V-2', 'V2', second, 'en']]) {
    writeFileSync(siteFile, text)
    await reload()
    assert.equal((await peer.ask(adt({ id, mrn }))).code, 'AA')
    assert.equal((await patient(mrn)).language, language)
  }
  peer.end()
  for (const [id, mrn, text] of [['V-1', 'V1', first], ['V-2', 'V2', second]]) {
    const reference = `Patient/${(await patient(mrn)).id}`
    for (const words of [[reference, 'language'], [id, 'Patient', 'language'], [message(id).key, reference, 'language']]) {
      const line = whyLine(...words)
      assert.match(line.at, new RegExp(`sites/mission/mission\\.xml:${lineOf(text)}:5$`), words.join(' '))
      assert.equal(line.revision, message(id).revision)
      assert.equal(readFileSync(join(instance.directory, line.kept), 'utf8'), text)
    }
  }
  assert.notEqual(message('V-1').revision, message('V-2').revision)
  const said = run(['why', '--instance', instance.directory, 'V-1', 'Patient', 'language']).stdout
  assert.match(said, new RegExp(`revision ${message('V-1').revision}, not in force any more`))
  assert.match(run(['why', '--instance', instance.directory, 'V-2', 'Patient', 'language']).stdout, new RegExp(`revision ${message('V-2').revision}\n`))
  assert.equal(run(['why', '--instance', instance.directory, 'no-such-message']).code, 1)
})

await test('every kept file is named by its hash, and what comes back is not kept twice', async () => {
  const hashes = () => readdirSync(kept).filter((name) => /^[0-9a-f]{64}$/.test(name))
  for (const name of hashes()) {
    assert.equal(createHash('sha256').update(readFileSync(join(kept, name))).digest('hex'), name)
  }
  const before = hashes().length
  const revision = message('R-1').revision
  writeFileSync(siteFile, original)
  await reload()
  assert.equal(hashes().length, before)
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await peer.ask(adt({ id: 'V-3', mrn: 'V3' }))).code, 'AA')
  peer.end()
  assert.equal(message('V-3').revision, revision)
})

await test('each Provenance names the revision its message came under, and why makes the same of it', async () => {
  const { json } = await instance.request('/fhir/Provenance?_count=200', { token })
  const policies = json.entry.flatMap(({ resource }) => resource.policy)
  for (const id of ['V-1', 'V-2']) assert.ok(policies.includes(`urn:painbridge:revision:${message(id).revision}`), id)
  const told = JSON.parse(why('V-1', 'Provenance', 'policy').stdout.trim().split('\n').pop())
  assert.equal(told.rule, 'msh.provenance.revision')
})

await test('a settings file of a feed is part of its revision', async () => {
  const feedFile = join(instance.directory, 'feeds/mission-ehr.xml')
  const text = readFileSync(feedFile, 'utf8')
  const before = message('V-3').revision
  writeFileSync(feedFile, text.replace('</feed>', '  <!-- a word of the admin -->\n</feed>'))
  await reload()
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await peer.ask(adt({ id: 'V-4', mrn: 'V4' }))).code, 'AA')
  peer.end()
  assert.notEqual(message('V-4').revision, before)
  writeFileSync(feedFile, text)
  await reload()
})

await test('a revision that is missing or was changed is said plainly, by why, db verify and doctor', async () => {
  assert.equal(run(['db', 'verify', instance.directory]).code, 0)
  assert.equal(run(['doctor', instance.directory]).code, 0)
  const { revision } = message('V-1')
  const { kept: file } = whyLine('V-1', 'Patient', 'language')
  const path = join(instance.directory, file)
  const text = readFileSync(path)

  renameSync(path, `${path}.away`)
  const missing = why('V-1', 'Patient', 'language')
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, new RegExp(`${file}.*missing`))
  assert.match(missing.stderr, new RegExp(`revision ${revision}, under which message \\d+ was stored, is not whole`))
  const verified = run(['db', 'verify', '--json', instance.directory])
  assert.equal(verified.code, 1)
  assert.deepEqual(JSON.parse(verified.stdout).faults.map(({ table, key }) => [table, key]), [['inbox', revision]])

  writeFileSync(path, text.toString().replace('language', 'lingua'))
  assert.match(why('V-1', 'Patient', 'language').stderr, /it is not what was kept/)
  const examined = run(['doctor', instance.directory])
  assert.equal(examined.code, 1)
  assert.match(examined.stdout, /revisions +see below/)

  // a revision with the same file, when it is taken, mends what was damaged
  writeFileSync(siteFile, text)
  await reload()
  assert.deepEqual(readFileSync(path), text)
  writeFileSync(siteFile, original)
  await reload()
  rmSync(path)
  renameSync(`${path}.away`, path)
  assert.equal(run(['db', 'verify', instance.directory]).code, 0)
})

await test('a revision that cannot be kept is not taken', async () => {
  renameSync(kept, `${kept}.away`)
  writeFileSync(kept, 'a file where the folder should be')
  writeFileSync(siteFile, ownRule('', 'fr'))
  await reload()
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await peer.ask(adt({ id: 'V-5', mrn: 'V5' }))).code, 'AA')
  peer.end()
  assert.equal((await patient('V5')).language, undefined)
  assert.ok(instance.log.some((line) => line.includes('"event":"reload-refused"')))
  rmSync(kept)
  renameSync(`${kept}.away`, kept)
  writeFileSync(siteFile, original)
  await reload()
})

// -----------------------------------------------------------------------------------------------

// What a feed may send: each connection lives by its own feed's limits, and by new ones after a reload.
const narrowFile = join(instance.directory, 'feeds/narrow.xml')
const setOption = (name, value) => {
  const text = readFileSync(narrowFile, 'utf8')
  const changed = text.replace(new RegExp(`${name}="\\d+"`), `${name}="${value}"`)
  assert.notEqual(changed, text, name)
  writeFileSync(narrowFile, changed)
}
const long = (id) => adt({ id, app: 'NARROW', mrn: 'N1', extra: [`NTE|1||${'x'.repeat(3000)}`] })
const narrow = () => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('narrow') })

await test('a message longer than its own feed may send gets AR 104, and the connection is closed', async () => {
  must(['feed', 'add', instance.directory, 'narrow', '--site', 'mission', '--allow', 'NARROW/MISSION', '--set', 'max_message_bytes=2048', '--set', 'frame_timeout=30', '--set', 'idle_timeout=300', '--set', 'storage_grace=1'])
  await reload()
  const wide = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await wide.ask(long('W-1').replace('NARROW', 'NEXTEHR'))).code, 'AA')
  const peer = await narrow()
  peer.sendRaw(frame(long('N-1')))
  peer.sendRaw(frame(adt({ id: 'N-2', app: 'NARROW', mrn: 'N1' })))
  const answer = parseAnswer(await peer.next())
  assert.equal(answer.code, 'AR')
  assert.equal(answer.errors[0].code, '104')
  await until('the connection is closed', 2000, () => peer.closed)
  assert.equal(await peer.next(), null, 'nothing after it is answered')
  wide.end()
})

await test('a connection that is open takes the new limits of its feed from the next frame on', async () => {
  const peer = await narrow()
  assert.equal((await peer.ask(adt({ id: 'N-3', app: 'NARROW', mrn: 'N1' }))).code, 'AA')
  setOption('max_message_bytes', 8192)
  await reload()
  assert.equal((await peer.ask(long('N-4'))).code, 'AA')
  setOption('frame_timeout', 1)
  await reload()
  const wide = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  for (const each of [peer, wide]) each.sendRaw(Buffer.from('\x0bMSH|never whole'))
  await until('the narrow one is closed', 4000, () => peer.closed)
  await sleep(500)
  assert.ok(!wide.closed, 'the other feed has its own time')
  wide.destroy()
  setOption('frame_timeout', 30)
  setOption('idle_timeout', 1)
  const idle = await narrow()
  await reload()
  await until('the idle one is closed', 4000, () => idle.closed)
})

await test('a message waits for a store that is away as long as its own feed says', async () => {
  setOption('idle_timeout', 300)
  await reload()
  const peer = await narrow()
  const wide = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  must(['db', 'stop', instance.directory])
  for (const [each, app] of [[peer, 'NARROW'], [wide, 'NEXTEHR']]) each.sendRaw(frame(adt({ id: 'G-1', app, mrn: 'G1' })))
  await until('the one with a grace of 1 s is closed', 6000, () => peer.closed)
  assert.ok(!wide.closed, 'the one with a grace of 10 s still waits')
  must(['db', 'start', instance.directory])
  assert.match((await wide.next(15000)).toString('utf8'), /MSA\|AA\|G-1/)
  wide.end()
})

await test('feeds that share a certificate are told apart by MSH-3/MSH-4, or refused', async () => {
  const share = (name, allow) => must(['feed', 'add', instance.directory, name, '--site', 'mission', '--allow', allow, '--cert', instance.tls('second').cert])
  share('third', 'THIRD/MISSION')
  await reload()
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('second') })
  for (const app of ['SECOND', 'THIRD']) assert.equal((await peer.ask(adt({ id: `C-${app}`, app, mrn: 'C1' }))).code, 'AA')
  assert.equal((await peer.ask(adt({ id: 'C-NOBODY', app: 'NOBODY', mrn: 'C1' }))).code, 'AR')
  const rows = must(['message', 'list', '--json', instance.directory]).stdout.trim().split('\n').map((line) => JSON.parse(line))
  const feedOf = (id) => rows.find((row) => row.control_id === id).feed
  assert.equal(feedOf('C-SECOND'), 'second')
  assert.equal(feedOf('C-THIRD'), 'third')
  share('fourth', 'THIRD/*')
  const checked = run(['check', instance.directory])
  assert.equal(checked.code, 3)
  assert.match(checked.stderr, /same certificate as feed '(third|fourth)'/)
  await reload()
  assert.match(instance.log.join('\n'), /"event":"reload-issue".*same certificate as feed/)
  assert.equal((await peer.ask(adt({ id: 'C-5', app: 'THIRD', mrn: 'C1' }))).code, 'AA')
  rmSync(join(instance.directory, 'feeds/fourth.xml'))
  await reload()
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
