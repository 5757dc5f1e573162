// Messages that wait for a mapping: answered AA with a warning, later ones of the patient behind
// them, everybody else's go on; then they go on in their order, also across a kill -9, and a resend
// changes nothing.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(120),
  sites: ['mission'],
  feeds: [
    ['mission-ehr', 'mission', 'NEXTEHR/MISSION'],
    ['mission-desk', 'mission', 'DESK/MISSION'],
  ],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())
const directory = instance.directory
const siteFolder = join(directory, 'sites/mission')
const siteFile = join(siteFolder, 'mission.xml')
const original = readFileSync(siteFile, 'utf8')
writeFileSync(siteFile, original.replace('</site>', '  <change id="pid.gender" unmapped="hold"/>\n</site>'))
await instance.serve()
const token = instance.token('reader', 'system/*.rs')

const connect = (feed) => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls(feed) })
let ehr = await connect('mission-ehr')
const desk = await connect('mission-desk')
// A message about a patient with this sex, each a second later; `family` says which message it was.
let second = 0
const time = () => new Date(1773153000000 + 1000 * second++).toISOString().replace(/[-:T]/g, '').slice(0, 14) + '+0000'
const about = (id, mrn, family, sex, more = {}) => adt({ id, mrn, family, time: time(), ...more }).replace('|19710405|F|', `|19710405|${sex}|`)
const json = (words, code = 0) => {
  const { stdout, stderr, code: ended } = run([...words.slice(0, 2), '--json', directory, ...words.slice(2)])
  assert.equal(ended, code, stderr)
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line))
}
const statusOf = (id) => json(['message', 'show', id])[0].status
const patients = async (mrn) => (await instance.request(`/fhir/Patient?identifier=${mrn}`, { token })).json.entry?.map((entry) => entry.resource) ?? []
const families = async (mrn) => {
  const [patient] = await patients(mrn)
  const history = (await instance.request(`/fhir/Patient/${patient.id}/_history`, { token })).json
  return history.entry.map((entry) => entry.resource.name[0].family).reverse()
}
const reloads = () => instance.log.filter((line) => /"event":"(reloaded|reload-refused)"/.test(line)).length
async function reload() {
  const before = reloads()
  instance.child.kill('SIGHUP')
  await until('all workers have reloaded or refused', 20000, () => reloads() >= before + 4)
}
// The site's own row for a code of the administrative sex.
function learn(code, target) {
  mkdirSync(join(siteFolder, 'codes'), { recursive: true })
  writeFileSync(
    join(siteFolder, 'codes/AdministrativeSex.csv'),
    `code,target_code,target_system,target_display,who,when,why\n${code},${target},http://hl7.org/fhir/administrative-gender,,analyst,2026-11-22,asked the clinic\n`,
  )
}

await test('a message with an unknown code is answered AA with a warning and waits', async () => {
  const answer = await ehr.ask(about('H-1', 'A1', 'FIRST', 'X9'))
  assert.equal(answer.code, 'AA')
  assert.match(answer.raw, /\rERR\|\|PID\^1\^8\^1\^1\^1\|0\^Message accepted\^HL70357\|W\|/)
  assert.ok(!answer.raw.includes('X9'))
  assert.equal(statusOf('H-1'), 'held')
  assert.deepEqual(await patients('A1'), [])
})

await test('the next one of the patient waits behind it, another patient\'s goes on', async () => {
  const behind = await ehr.ask(about('H-2', 'A1', 'SECOND', 'F'))
  assert.equal(behind.code, 'AA')
  assert.match(behind.raw, /\rERR\|\|PID\^1\^3\|0\^Message accepted\^HL70357\|W\|/)
  const other = await ehr.ask(about('H-3', 'B1', 'OTHER', 'F'))
  assert.equal(other.code, 'AA')
  assert.doesNotMatch(other.raw, /\rERR/)
  assert.equal((await patients('B1')).length, 1)
  assert.deepEqual(await patients('A1'), [])
})

await test('another feed of the clinic does not wait', async () => {
  const answer = await desk.ask(about('D-1', 'A1', 'DESK', 'F', { app: 'DESK', time: '20260301080000+0000' }))
  assert.doesNotMatch(answer.raw, /\rERR/)
  assert.equal((await patients('A1')).length, 1)
})

await test('a resend is answered as the first time and changes nothing', async () => {
  const message = about('H-4', 'C1', 'ONCE', 'X9')
  const first = await ehr.ask(message)
  const second = await ehr.ask(message)
  assert.equal(second.raw, first.raw)
  assert.equal(json(['message', 'list', '--status', 'held']).filter((row) => row.control_id === 'H-4').length, 1)
})

await test('held list groups them by what they wait for, and shows nothing of a patient', async () => {
  const groups = json(['held', 'list'])
  assert.deepEqual(
    groups.map(({ kind, table, code, count, feeds }) => ({ kind, table, code, count, feeds })),
    [
      { kind: 'unmapped', table: 'AdministrativeSex', code: 'X9', count: 2, feeds: ['mission-ehr'] },
      { kind: 'behind', table: undefined, code: undefined, count: 1, feeds: ['mission-ehr'] },
    ],
  )
  assert.match(groups[0].cause, /^unmapped-[0-9a-f]{10}$/)
  assert.equal(groups[0].site, 'mission')
  const text = must(['held', 'list', directory]).stdout
  assert.match(text, /table AdministrativeSex has no 'X9': rule pid\.gender, PID\[1\]-8/)
  for (const word of ['FIRST', 'SECOND', 'ONCE', 'ALMA', 'A1']) assert.ok(!text.includes(word), word)
  const shown = json(['message', 'show', 'H-1'])[0]
  assert.deepEqual(shown.waits_for.map((cause) => cause.cause), [groups[0].cause])
  assert.match(must(['message', 'show', directory, 'H-2']).stdout, /waits_for +behind: nothing but an earlier message/)
})

await test('doctor and the metrics tell of them', async () => {
  const doctor = run(['doctor', directory])
  assert.equal(doctor.code, 1)
  assert.match(doctor.stderr, /messages of feed 'mission-ehr' wait: 3/)
  await until('the metrics count them', 20000, async () =>
    (await instance.request('/metrics', { token })).text.includes('painbridge_queue_depth{queue="held",feed="mission-ehr"} 3'))
})

await test('what still holds waits on, and says so', async () => {
  const released = run(['held', 'release', '--json', directory])
  assert.equal(released.code, 1, released.stderr)
  assert.deepEqual(JSON.parse(released.stdout), { released: 0, waiting: 2, failed: 0, faults: [] })
  assert.equal(run(['held', 'release', directory, 'unmapped-0000000000']).code, 1)
})

await test('as text one goes on as it was sent', async () => {
  const [{ key }] = json(['message', 'show', 'H-4'])
  assert.deepEqual(json(['held', 'release', key, '--as-text'])[0].released, 1)
  assert.equal(statusOf('H-4'), 'accepted')
  const [patient] = await patients('C1')
  assert.equal(patient.gender, undefined)
  assert.equal(patient._gender.extension[0].valueCodeableConcept.text, 'X9')
  assert.deepEqual(await families('C1'), ['ONCE'])
})

await test('why says what became of one that went on as text', async () => {
  const [{ key }] = json(['message', 'show', 'H-4'])
  const why = run(['why', '--instance', directory, '--json', key, 'Patient', '_gender'])
  assert.equal(why.code, 0, why.stderr + why.stdout)
  assert.equal(JSON.parse(why.stdout.trim().split('\n')[0]).rule, 'pid.gender')
  const waits = run(['why', '--instance', directory, 'H-1', 'Patient'])
  assert.equal(waits.code, 1)
  assert.match(waits.stderr, /message \d+ waits, nothing of it is in the record/)
})

await test('with the code in the table all go on in their order, across a kill -9', async () => {
  for (let i = 0; i < 20; i++) await ehr.ask(about(`L-${i}`, 'A1', `LATER${String(i).padStart(2, '0')}`, 'F'))
  ehr.destroy()
  for (const { pid } of engineProcesses(instance.child.pid)) process.kill(pid, 'SIGKILL')
  await until('the engine is gone', 10000, () => instance.ended)
  await instance.serve()
  ehr = await connect('mission-ehr')
  const again = await ehr.ask(about('L-20', 'A1', 'LATER20', 'F'))
  assert.match(again.raw, /\|W\|/)
  learn('X9', 'other')
  await reload()
  const [{ cause }] = json(['held', 'list'])
  const [tally] = json(['held', 'release', cause])
  assert.deepEqual(tally, { released: 23, waiting: 0, failed: 0, faults: [] })
  assert.deepEqual(json(['held', 'list']), [])
  const said = await families('A1')
  const wanted = ['FIRST', 'SECOND', ...Array.from({ length: 21 }, (_, i) => `LATER${String(i).padStart(2, '0')}`)]
  assert.deepEqual(said.filter((family) => family !== 'DESK'), wanted)
  assert.equal((await patients('A1'))[0].gender, 'female')
  assert.doesNotMatch((await ehr.ask(about('L-21', 'A1', 'LAST', 'F'))).raw, /\rERR/)
})

await test('a release that is killed on its way is done by the next one, nothing twice', async () => {
  for (let i = 0; i < 30; i++) await ehr.ask(about(`K-${i}`, `K${i % 3}`, `KILL${String(i).padStart(2, '0')}`, i < 3 ? 'Y8' : 'F'))
  learn('Y8', 'unknown')
  await reload()
  const { spawn } = await import('node:child_process')
  const { program } = await import('../lib/instance.mjs')
  const child = spawn(program, ['held', 'release', directory], { stdio: 'ignore' })
  const gone = new Promise((done) => child.once('exit', done))
  const waiting = () => json(['message', 'list', '--status', 'held', '--limit', '100']).length
  await until('some went on', 60000, () => waiting() < 30)
  child.kill('SIGKILL')
  await gone
  run(['held', 'release', directory])
  assert.equal(waiting(), 0)
  for (let mrn = 0; mrn < 3; mrn++) {
    const wanted = Array.from({ length: 10 }, (_, i) => `KILL${String(3 * i + mrn).padStart(2, '0')}`)
    assert.deepEqual(await families(`K${mrn}`), wanted)
  }
})

await test('the record is whole', () => {
  must(['db', 'verify', directory])
  assert.equal(run(['doctor', directory]).stderr.includes('wait:'), false)
})

ehr.end()
desk.end()
await finish()
