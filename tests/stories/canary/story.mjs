// A patient who is nowhere else, and secrets that are nowhere else, go through every door, well and
// badly; then everything that is kept or shown besides the record is searched for them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Instance, portBase, run, sleep, until } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
import { frame, MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const letters = (count) => [...randomBytes(count)].map((byte) => String.fromCharCode(65 + (byte % 26))).join('')
const digits = (count) => [...randomBytes(count)].map((byte) => byte % 10).join('')
const patient = {
  family: `ZQ${letters(10)}`,
  given: `ZG${letters(10)}`,
  mrn: `ZM${letters(4)}${digits(8)}`,
  phone: `(907)${digits(3)}-${digits(4)}`,
  birth: `189${digits(1)}0${1 + (randomBytes(1)[0] % 9)}17`, // nobody else's in this story
  note: `canary note ${letters(16)} about her`,
}
const birthDashed = `${patient.birth.slice(0, 4)}-${patient.birth.slice(4, 6)}-${patient.birth.slice(6)}`

const instance = await Instance.make({
  base: portBase(360),
  feeds: [
    ['lab', 'mission', 'NEXTEHR/MISSION'],
    ['strict', 'mission', 'STRICT/MISSION', '--set', 'content=refuse'],
  ],
  clients: [['app', 'system/*.cruds', '--site', 'mission']],
})
afterAll(() => instance.remove())
const { directory } = instance
const scratch = mkdtempSync(join(tmpdir(), 'painbridge-canary-'))
afterAll(() => rmSync(scratch, { recursive: true }))

// The secrets that the instance made for itself: passwords and keys as they stand in the files, of PEM
// each line of the body.
const secrets = ['secrets', 'tls']
  .flatMap((folder) => readdirSync(join(directory, folder)).map((name) => join(directory, folder, name)))
  .filter((path) => /\.(key|password)$/.test(path))
  .flatMap((path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.length > 16 && !line.startsWith('-----')))
// the first lines of a PEM are the same for all keys of a kind
const own = secrets.filter((line) => secrets.filter((other) => other.slice(0, 20) === line.slice(0, 20)).length === 1)
assert.ok(own.length >= 8, 'secrets to look for')

const token = instance.token('app', 'system/*.cruds')
const canaries = [...Object.values(patient), birthDashed, ...own, token, token.split('.')[2]]
const listed = join(scratch, 'list')
writeFileSync(listed, canaries.join('\n') + '\n')

// Arguments and environments of every process of the machine, again and again while the story runs.
const hits = join(scratch, 'hits')
const watcher = spawn('sh', ['-c', 'while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -aFf "$0" >> "$1"; echo . >> "$1.turns"; sleep 0.05; done', listed, hits], { stdio: 'ignore' })
afterAll(() => watcher.kill())

await instance.serve()

const leaks = []
function search(where, text) {
  for (const canary of canaries) if (text.includes(canary)) leaks.push(`${where}: ${canary.slice(0, 4)}... of canary ${canaries.indexOf(canary)}`)
}

await test('the search finds what is there', () => {
  search('a copy', `x${patient.note}y`)
  assert.equal(leaks.splice(0).length, 1)
})

// What commands and answers say of a patient on purpose is not among what is searched.
const about = { mrn: patient.mrn, family: patient.family, given: patient.given, phone: patient.phone }
const message = (id, more = {}) => adt({ id, ...about, ...more, extra: [`NTE|1||${patient.note}`] }).replace('19710405', patient.birth)
const connect = (feed) => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls(feed) })

await test('she comes by a feed, well and badly', async () => {
  const peer = await connect('lab')
  assert.equal((await peer.ask(message('CAN1'))).code, 'AA')
  assert.equal((await peer.ask(oru({ id: 'CAN2', mrn: patient.mrn, extra: [`NTE|1||${patient.note}`] }))).code, 'AA')
  const bad = [
    message('CAN3').replace(patient.birth, `${patient.birth}X`),
    message('CAN4', { processing: 'X' }),
    message('CAN5', { version: '9.9' }),
    message('CAN6', { app: patient.family }),
    message('CAN7').replace('PID|', `ZQ${patient.family}|`),
    message('CAN8').replace('MSH|^~\\&|', `MSH|^~\\&${patient.family}|`),
    message('CAN9', { event: 'Z99' }),
    message('CAN10').replace(/\r/g, '\n'),
    message('CAN11').replace('\rPID', `\rPID${patient.mrn}`),
    `${patient.family} is no message`,
  ]
  for (const text of bad) {
    const answer = await peer.ask(text, 5000)
    if (!answer) break
    // an answer names places and codes
    search(`the answer to ${text.slice(0, 12)}`, answer.raw.split('\r').filter((line) => /^ERR|^MSA/.test(line)).join('\r'))
  }
  peer.destroy()
  const strict = await connect('strict')
  const refused = await strict.ask(message('CAN12', { app: 'STRICT' }).replace(`|${patient.birth}|F`, `|${patient.family}|F`), 5000)
  search('the answer of a strict feed', refused.raw.split('\r').filter((line) => /^ERR|^MSA/.test(line)).join('\r'))
  strict.destroy()
})

await test('her message breaks off, and she stands where no frame is', async () => {
  const peer = await connect('lab')
  peer.sendRaw(Buffer.from(`${patient.family}${patient.mrn}`))
  peer.sendRaw(frame(message('CAN13')).subarray(0, 200))
  await sleep(200)
  peer.destroy()
})

await test('she comes by FHIR, well and badly', async () => {
  const body = { resourceType: 'Patient', name: [{ family: patient.family, given: [patient.given] }], birthDate: birthDashed, telecom: [{ system: 'phone', value: patient.phone }] }
  assert.equal((await instance.request('/fhir/Patient', { method: 'POST', token, body })).status, 201)
  const bad = [
    ['/fhir/Patient', { method: 'POST', token, body: JSON.stringify(body).slice(0, -9) }],
    ['/fhir/Patient', { method: 'POST', token, body: { ...body, [patient.family]: patient.mrn } }],
    ['/fhir/Patient', { method: 'POST', token, body: { ...body, birthDate: patient.birth } }],
    ['/fhir/Patient', { method: 'POST', token, body: { ...body, gender: patient.family } }],
    [`/fhir/Patient?family=${patient.family}&birthdate=${birthDashed}`, { token }],
    [`/fhir/Patient?${patient.family}=${patient.mrn}`, { token }],
    [`/fhir/Patient/${patient.mrn}`, { token }],
    [`/fhir/${patient.family}/${patient.mrn}`, { token }],
    [`/${patient.family}?phone=${encodeURIComponent(patient.phone)}`, {}],
    ['/fhir/Patient', { token: `${token}x` }],
    ['/fhir/Patient', { headers: { authorization: `Basic ${token}` } }],
    ['/fhir/Patient', { token, headers: { 'x-note': patient.note, 'if-none-exist': `family=${patient.family}` } }],
    ['/fhir', { method: 'POST', token, body: { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: body, request: { method: 'POST', url: patient.family } }] } }],
  ]
  for (const [path, options] of bad) await instance.request(path, options)
})

await test('what an unknown caller is told says nothing of her', async () => {
  for (const path of ['/fhir/Patient', '/fhir/metadata', '/healthz', '/readyz', '/nowhere']) {
    const { text, headers } = await instance.request(path)
    search(path, text + JSON.stringify(headers))
  }
})

await test('she is not in what commands say of the work', async () => {
  const commands = [
    ['message', 'list', directory],
    ['message', 'list', '--json', directory],
    ['message', 'show', directory, 'CAN1'],
    ['message', 'show', directory, 'CAN3'],
    ['held', 'list', directory],
    ['feed', 'list', directory],
    ['feed', 'show', '--json', directory, 'lab'],
    ['db', 'status', directory],
    ['db', 'verify', directory],
    ['doctor', directory],
    ['check', directory],
  ]
  for (const words of commands) {
    const { stdout, stderr } = run(words)
    search(words.slice(0, 2).join(' '), stdout + stderr)
  }
})

await test('the files are read again, well and badly', async () => {
  const site = join(directory, 'sites/mission/mission.xml')
  const before = readFileSync(site, 'utf8')
  for (const text of [before.replace('</site>', '<nonsense/></site>'), before]) {
    const count = () => instance.log.filter((line) => /"event":"(reloaded|reload-refused)"/.test(line)).length
    const was = count()
    writeFileSync(site, text)
    instance.child.kill('SIGHUP')
    await until('all have answered', 20000, () => count() >= was + 4)
  }
})

await test('a door that crashes in the midst leaves nothing of her behind', async () => {
  const door = engineProcesses(instance.child.pid).find(({ role }) => role === 'door')
  const folder = readlinkSync(`/proc/${door.pid}/cwd`)
  const before = new Set(readdirSync(folder))
  process.kill(door.pid, 'SIGSEGV')
  await until('another door serves', 20000, () => instance.log.some((line) => line.includes('"worker-ended"')))
  await until('requests are answered', 20000, async () => (await instance.request('/readyz')).status === 200)
  assert.deepEqual(readdirSync(folder).filter((name) => !before.has(name) && name.includes('core')), [])
})

await test('she is in no metric', async () => {
  const { status, text } = await instance.request('/metrics', { token })
  assert.equal(status, 200)
  search('/metrics', text)
})

await test('neither she nor a secret is in the log, or in that of the database', async () => {
  await instance.stop()
  search('the log', instance.log.join('\n'))
  for (const name of readdirSync(join(directory, 'log'))) search(`log/${name}`, readFileSync(join(directory, 'log', name), 'utf8'))
  assert.ok(instance.log.length > 10)
})

// All files below, but what is the record or a secret by its nature.
function files(folder, leaveOut) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (leaveOut.includes(name)) return []
    try {
      return statSync(path).isDirectory() ? files(path, []) : [path]
    } catch {
      return []
    }
  })
}

await test('no file of the instance but the database holds her, no file but its own holds a secret', () => {
  const found = files(directory, ['database', 'secrets', 'tls'])
  assert.ok(found.length > 5)
  for (const path of found) search(path, readFileSync(path, 'latin1'))
})

await test('no temporary file holds her', () => {
  const began = statSync(scratch).birthtimeMs - 60000
  for (const folder of ['/tmp', '/var/tmp', '/dev/shm']) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      let status
      try {
        status = statSync(path)
      } catch {
        continue
      }
      if (status.isFile() && status.mtimeMs > began && status.size < 1 << 26) search(path, readFileSync(path, 'latin1'))
    }
  }
})

await test('neither was ever an argument or in an environment', async () => {
  watcher.kill()
  const turns = readFileSync(`${hits}.turns`, 'utf8').length / 2
  assert.ok(turns > 20, `${turns} looks`)
  search('arguments and environments', readFileSync(hits, 'utf8'))
})

await test('nothing was found', () => assert.deepEqual(leaks, []))

await finish()
