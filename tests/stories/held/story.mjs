// Messages that wait for a mapping: answered AA with a warning, later ones of the patient behind
// them, everybody else's go on; then they go on in their order, also across a kill -9, and a resend
// changes nothing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, program, run, until } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
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
writeFileSync(
  siteFile,
  original.replace('</site>', '  <change id="pid.gender" unmapped="hold"/>\n  <change id="obx.interpretation" unmapped="hold"/>\n</site>'),
)
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
const show = (id) => json(['message', 'show', id])[0]
const statusOf = (id) => show(id).status
const patients = async (mrn) => (await instance.request(`/fhir/Patient?identifier=${mrn}`, { token })).json.entry?.map((entry) => entry.resource) ?? []
const families = async (mrn) => {
  const [patient] = await patients(mrn)
  const said = []
  for (let path = `/fhir/Patient/${patient.id}/_history`; path;) {
    const page = (await instance.request(path, { token })).json
    said.push(...page.entry.map((entry) => entry.resource.name[0].family))
    const next = page.link.find((link) => link.relation === 'next')
    path = next && new URL(next.url).pathname + new URL(next.url).search
  }
  return said.reverse()
}
const reloads = () => instance.log.filter((line) => /"event":"(reloaded|reload-refused)"/.test(line)).length
async function reload() {
  const before = reloads()
  instance.child.kill('SIGHUP')
  await until('all workers have reloaded or refused', 20000, () => reloads() >= before + 4)
}
const table = join(siteFolder, 'codes/AdministrativeSex.csv')
// One row more, by hand, for a code of the administrative sex.
const learn = (code, target) =>
  appendFileSync(table, `${code},,${target},http://hl7.org/fhir/administrative-gender,,analyst,2026-11-22,asked the clinic\n`)

await test('a message with an unknown code is answered AA with a warning and waits', async () => {
  const answer = await ehr.ask(about('H-1', 'A1', 'FIRST', 'X9'))
  assert.equal(answer.code, 'AA')
  assert.match(answer.raw, /\rERR\|\|PID\^1\^8\^1\^1\^1\|0\^Message accepted\^HL70357\|W\|/)
  assert.ok(!answer.raw.includes('X9'))
  assert.equal(statusOf('H-1'), 'held')
  assert.deepEqual(await patients('A1'), [])
})

await test('convert tells of one that would wait, and exits with 1', () => {
  const converted = run(['convert', '--site', siteFolder, '-'], { input: about('H-1', 'A1', 'FIRST', 'X9') })
  assert.equal(converted.code, 1)
  const outcome = JSON.parse(converted.stdout)
  assert.equal(outcome.resourceType, 'OperationOutcome')
  assert.ok(outcome.issue.some((issue) => issue.severity === 'warning' && /not in the code table; the message waits/.test(JSON.stringify(issue))))
  assert.ok(!converted.stdout.includes('X9'))
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
  assert.deepEqual(JSON.parse(released.stdout), { released: 0, waiting: 3, failed: 0, faults: [] })
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
  const [{ cause }] = json(['held', 'list'])
  const [tally] = json(['map', 'resolve', cause, '--code', 'other', '--why', 'the clinic was asked, "other" it is', '--who', 'analyst'])
  assert.deepEqual(tally, { released: 23, waiting: 0, failed: 0, faults: [], cause, table, test: true, reloaded: true })
  assert.deepEqual(json(['held', 'list']), [])
  assert.equal(
    readFileSync(table, 'utf8').replace(/\d{4}-\d\d-\d\d/, 'TODAY'),
    'code,code_system,target_code,target_system,target_display,who,when,why\n' +
      'X9,,other,http://hl7.org/fhir/administrative-gender,Other,analyst,TODAY,"the clinic was asked, ""other"" it is"\n',
  )
  const said = await families('A1')
  const wanted = ['FIRST', 'SECOND', ...Array.from({ length: 21 }, (_, i) => `LATER${String(i).padStart(2, '0')}`)]
  assert.deepEqual(said.filter((family) => family !== 'DESK'), wanted)
  assert.equal((await patients('A1'))[0].gender, 'female')
  assert.doesNotMatch((await ehr.ask(about('L-21', 'A1', 'LAST', 'F'))).raw, /\rERR/)
})

await test('what was resolved is in force at once, and its test passes and can fail', async () => {
  assert.doesNotMatch((await ehr.ask(about('R-1', 'R1', 'NEW', 'X9'))).raw, /\rERR/)
  // Stored under the revision that the doors have, the new test in it: not one that never was in force.
  assert.equal(show('L-20').revision, show('R-1').revision)
  assert.doesNotMatch(must(['why', '--instance', directory, 'L-20', 'PID-8']).stdout, /not in force/)
  assert.equal((await patients('R1'))[0].gender, 'other')
  assert.match(readFileSync(siteFile, 'utf8'), /<test name="X9 of AdministrativeSex is other" map="PID-Patient">/)
  assert.match(must(['test', siteFolder]).stdout, /1 passed, 0 failed/)
  const text = readFileSync(table, 'utf8')
  writeFileSync(table, text.replace('X9,,other', 'X9,,unknown'))
  assert.equal(run(['test', siteFolder]).code, 1)
  writeFileSync(table, text)
})

await test('a row that cannot be leaves the files and what waits as they were', async () => {
  await ehr.ask(about('W-1', 'W1', 'WAITS', 'W7'))
  const [{ cause }] = json(['held', 'list'])
  const before = [readFileSync(siteFile, 'utf8'), readFileSync(table, 'utf8')]
  const after = () => [readFileSync(siteFile, 'utf8'), readFileSync(table, 'utf8')]
  assert.equal(run(['map', 'resolve', directory, cause, '--code', 'other']).code, 2)
  assert.equal(run(['map', 'resolve', directory, 'unmapped-0000000000', '--code', 'other', '--why', 'x']).code, 1)
  writeFileSync(siteFile, before[0].replace('</site>', '  <change id="pid.no-such" when="PID-8 valued"/>\n</site>'))
  const broken = run(['map', 'resolve', directory, cause, '--code', 'other', '--why', 'x'])
  assert.equal(broken.code, 3, broken.stderr)
  writeFileSync(siteFile, before[0])
  assert.deepEqual(after(), before)
  assert.equal(statusOf('W-1'), 'held')
  if (process.getuid() === 0) {
    const { uid, gid } = statSync(siteFolder)
    const folders = [siteFolder, join(siteFolder, 'codes')]
    folders.forEach((folder) => chownSync(folder, 0, 0))
    const foreign = run(['map', 'resolve', directory, cause, '--code', 'unknown', '--why', 'x'])
    folders.forEach((folder) => chownSync(folder, uid, gid))
    assert.notEqual(foreign.code, 0)
    assert.match(foreign.stderr, /sites\/mission: error: belongs to another user than the instance\nhelp: chown -R /)
    assert.deepEqual(after(), before)
  }
  const text = must(['map', 'resolve', directory, cause, '--code', 'unknown', '--why', 'x']).stdout
  assert.match(text, /a row for 'W7'/)
  assert.match(text, /1 went on, 0 wait on/)
  assert.equal(after()[1].split('\n').length, before[1].split('\n').length + 1)
})

await test('three who resolve at once leave three rows and three tests', async () => {
  const codes = ['U1', 'U2', 'U3']
  for (const code of codes) await ehr.ask(about(`M-${code}`, `M${code}`, 'WAITS', code))
  const resolve = ({ cause }) => new Promise((done) =>
    spawn(program, ['map', 'resolve', directory, cause, '--code', 'unknown', '--why', 'x'], { stdio: 'ignore' }).once('exit', done))
  assert.deepEqual(await Promise.all(json(['held', 'list']).map(resolve)), [0, 0, 0])
  for (const code of codes) {
    assert.ok(readFileSync(table, 'utf8').includes(`\n${code},,unknown,`), code)
    assert.ok(readFileSync(siteFile, 'utf8').includes(`"${code} of AdministrativeSex is unknown"`), code)
    assert.equal(statusOf(`M-${code}`), 'accepted')
  }
})

await test('what is named and stands behind another waits on, and the exit code says so', async () => {
  await ehr.ask(about('V-1', 'V1', 'FIRST', 'V8'))
  await ehr.ask(about('V-2', 'V1', 'SECOND', 'V9'))
  await ehr.ask(about('V-3', 'V1', 'THIRD', 'F'))
  const cause = (wanted) => json(['held', 'list']).find(({ code }) => code === wanted)?.cause
  const [{ key }] = json(['message', 'show', 'V-3'])
  assert.equal(json(['held', 'release', key], 1)[0].waiting, 1)
  assert.equal(json(['map', 'resolve', cause('V9'), '--code', 'unknown', '--why', 'x'], 1)[0].waiting, 1)
  assert.equal(cause('V9'), undefined)
  assert.match(run(['held', 'release', directory, '1']).stderr, /no message waits for '1'/)
  assert.equal(run(['held', 'release', directory, '1']).code, 1)
  assert.equal(json(['map', 'resolve', cause('V8'), '--code', 'unknown', '--why', 'x'])[0].released, 3)
  assert.deepEqual(await families('V1'), ['FIRST', 'SECOND', 'THIRD'])
})

await test('what nobody wants is let go for good, kept with who and why, and those behind go on', async () => {
  const message = about('G-1', 'G1', 'GONE', 'V7')
  const first = await ehr.ask(message)
  await ehr.ask(about('G-2', 'G1', 'SECOND', 'F'))
  await ehr.ask(about('G-3', 'G1', 'THIRD', 'V6'))
  await ehr.ask(about('G-4', 'G1', 'FOURTH', 'F'))
  const [one, third] = ['G-1', 'G-3'].map((id) => show(id).key)
  const drop = (words) => run(['held', 'drop', directory, ...words])
  assert.equal(drop([one]).code, 2)
  assert.equal(drop([one, '--why', ' ']).code, 2)
  assert.equal(drop(['--why', 'x']).code, 2)
  const { cause } = json(['held', 'list'])[0]
  assert.match(drop([cause, '--why', 'x']).stderr, /is no key of a message/)
  assert.match(drop(['1', '--why', 'x']).stderr, /no message waits for '1'/)
  assert.equal(statusOf('G-1'), 'held')
  const [tally] = json(['held', 'drop', one, one, '--who', 'Ruth Abel', '--why', "a test of\ttheir vendor's"])
  assert.deepEqual(tally, { dropped: 1, released: 1, waiting: 0, failed: 0, faults: [] })
  assert.deepEqual(['G-1', 'G-2', 'G-3', 'G-4'].map(statusOf), ['dropped', 'accepted', 'held', 'held'])
  const { dropped } = show('G-1')
  assert.deepEqual([dropped.who, dropped.why], ['Ruth Abel', "a test of\\x09their vendor's"])
  assert.match(must(['message', 'show', directory, 'G-1']).stdout, /^dropped +\d{4}-.* by Ruth Abel: a test of/m)
  assert.ok(must(['message', 'show', directory, 'G-1', '--raw']).stdout.startsWith('MSH|'))
  assert.match(run(['why', '--instance', directory, 'G-1', 'Patient']).stderr, /was let go for good/)
  assert.equal((await ehr.ask(message)).raw, first.raw)
  assert.equal(statusOf('G-1'), 'dropped')
  assert.equal(drop([one, '--why', 'x']).code, 1)
  assert.match(must(['held', 'drop', directory, third, '--why', 'x']).stdout, /^1 gone for good; 1 went on, 0 wait on$/m)
  assert.deepEqual(await families('G1'), ['SECOND', 'FOURTH'])
  must(['db', 'verify', directory])
})

await test('what the rules of today refuse waits on, says why, and can be let go for good', async () => {
  await ehr.ask(about('E-1', 'E1', 'FIRST', 'V5'))
  await ehr.ask(about('E-2', 'E1', 'SECOND', 'F'))
  const text = readFileSync(siteFile, 'utf8')
  writeFileSync(siteFile, text.replace('"pid.gender" unmapped="hold"', '"pid.gender" unmapped="refuse"'))
  const { key } = show('E-1')
  const [tally] = json(['held', 'release'], 1)
  assert.deepEqual([tally.released, tally.waiting, tally.failed], [0, 1, 1])
  assert.deepEqual(tally.faults.map(({ message, place, rule }) => [message, place, rule]), [[key, 'PID[1]-8[1].1.1', 'pid.gender']])
  const told = run(['held', 'release', directory]).stdout
  assert.match(told, new RegExp(`message ${key} cannot take effect: PID\\[1\\]-8`))
  assert.match(told, /'held drop' lets one go for good/)
  assert.ok(!told.includes('V5'))
  assert.deepEqual(json(['held', 'drop', key, '--why', 'x'])[0], { dropped: 1, released: 1, waiting: 0, failed: 0, faults: [] })
  assert.deepEqual(await families('E1'), ['SECOND'])
  writeFileSync(siteFile, text)
})

await test('a release that is killed on its way is done by the next one, nothing twice', async () => {
  for (let i = 0; i < 30; i++) await ehr.ask(about(`K-${i}`, `K${i % 3}`, `KILL${String(i).padStart(2, '0')}`, i < 3 ? 'Y8' : 'F'))
  learn('Y8', 'unknown')
  await reload()
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

await test('who sends over two connections while a release runs is not left behind', async () => {
  assert.match((await ehr.ask(about('T-0', 'T1', 'FIRST', 'Z6'))).raw, /\|W\|/)
  learn('Z6', 'unknown')
  await reload()
  const second = await connect('mission-ehr')
  let released
  const sender = async (peer, letter) => {
    for (let i = 0; i < 25 || (!released && i < 1000); i++) {
      const number = String(i).padStart(4, '0')
      assert.equal((await peer.ask(about(`T-${letter}${number}`, 'T1', `${letter}${number}`, 'F'))).code, 'AA')
    }
  }
  const child = spawn(program, ['held', 'release', directory], { stdio: 'ignore' })
  child.once('exit', (code) => (released = { code }))
  await Promise.all([sender(ehr, 'ONE'), sender(second, 'TWO'), until('the release has ended', 120000, () => released)])
  second.end()
  assert.equal(released.code, 0)
  assert.deepEqual(json(['held', 'list']), [])
  const said = await families('T1')
  assert.equal(said[0], 'FIRST')
  for (const letter of ['ONE', 'TWO']) {
    const own = said.filter((family) => family.startsWith(letter))
    assert.ok(own.length > 5)
    assert.deepEqual(own, [...own].sort())
  }
})

await test('while the engine stands a code of a CodeableConcept is resolved too', async () => {
  const result = oru({ id: 'O-1', mrn: 'O1', filler: 'O1' }).replace('|0-10|||N|', '|0-10|ZZ9^very high^L||N|')
  assert.match((await ehr.ask(result)).raw, /OBX\^1\^8\^1\^1\^1\|0\^Message accepted\^HL70357\|W\|/)
  await instance.stop()
  const [{ cause, code, system }] = json(['held', 'list'])
  assert.deepEqual([code, system], ['ZZ9', 'L'])
  const [tally] = json(['map', 'resolve', cause, '--code', 'HH', '--why', 'critical, says the laboratory'])
  assert.deepEqual([tally.released, tally.test, tally.reloaded], [1, true, false])
  must(['test', siteFolder])
  await instance.serve()
  const [{ id }] = await patients('O1')
  const found = (await instance.request(`/fhir/Observation?patient=${id}`, { token })).json
  assert.deepEqual(found.entry[0].resource.interpretation[0].coding[0], {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
    code: 'HH',
    display: 'Critical high',
  })
})

await test('the record is whole', () => {
  must(['db', 'verify', directory])
  assert.equal(run(['doctor', directory]).stderr.includes('wait:'), false)
})

ehr.end()
desk.end()
await finish()
