// What an analyst asks of the mappings before a feed goes live and after: what is lost, what a change
// would do, why a rule is as it is, how a new site begins.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { haveShared, Instance, portBase, repository, run, shared } from '../lib/instance.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const top = mkdtempSync('/var/tmp/painbridge-views-')
afterAll(() => rmSync(top, { recursive: true, force: true }))

function says(words, code) {
  const result = run(words)
  assert.equal(result.code, code, `${words.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`)
  return result.stdout
}
const answer = (words, code = 0) => JSON.parse(says([...words, '--json'], code))

function file(name, text) {
  const path = join(top, name)
  writeFileSync(path, text)
  return path
}

const header = (id) => `MSH|^~\\&|LAB|MISSION|||20260310093000||ORU^R01^ORU_R01|${id}|P|2.5.1`
const oru = (id, pid) =>
  `${header(id)}\r${pid}\rOBR|1||F1|718-7^Hemoglobin^LN|||202603101200||||||||||||||||||F\rOBX|1|NM|718-7^Hemoglobin^LN||7.0|g/dL|||||F\r`
const plain = 'PID|1||A1001^^^MISSION^MR||TESTCASE^ALMA||19800229|F'
const message = file('oru.hl7', oru('7741', plain))

const STATES = ['mapped', 'key', 'engine', 'suppressed', 'condition', 'not_written', 'never_read', 'refused']
const field = (coverage, place) => coverage.fields.find((one) => one.place === place)

// --- coverage -------------------------------------------------------------------------------------

await test('coverage says of each value what became of it, and shows none', () => {
  const path = file('local.hl7', oru('7742', `${plain}|||||||||||SECRETWORD^X`.replace('|19800229|', '|19800229^SECRETWORD|')) + 'ZPI|SECRETWORD\r')
  const told = answer(['map', 'coverage', path])
  assert.equal(field(told, 'PID-7.2').never_read, 1)
  assert.equal(field(told, 'ZPI-1').never_read, 1)
  assert.equal(field(told, 'ZPI-1').example, `${path}: message 1, ZPI[1]-1[1]`)
  assert.equal(field(told, 'OBX-5').mapped, 1)
  assert.equal(field(told, 'OBX-2').condition, 1)
  const text = says(['map', 'coverage', path], 0)
  assert.match(text, /lost, most of them first/)
  assert.ok(!JSON.stringify(told).includes('SECRETWORD') && !text.includes('SECRETWORD'))
})

await test('coverage is a gate where a share is asked for', () => {
  says(['map', 'coverage', '--at-least', '0.2', message], 0)
  const lossy = file('lossy.hl7', `${oru('7743', plain)}ZZZ|${'a|'.repeat(500)}\r`)
  says(['map', 'coverage', '--at-least', '0.97', lossy], 1)
  says(['map', 'coverage', '--at-least', 'most', lossy], 2)
  says(['map', 'coverage'], 2)
  says(['map', 'coverage', '--guide', lossy], 2)
})

await test('a message that cannot be translated is counted apart, with its cause', () => {
  const path = file('refused.hl7', oru('7744', plain).replace('ORU^R01^ORU_R01', 'ZZZ^Z99'))
  const told = answer(['map', 'coverage', path, message])
  assert.equal(told.messages, 2)
  assert.equal(told.messages_refused, 1)
  assert.equal(told.refusals[0].messages, 1)
  assert.match(told.refusals[0].cause, /MSH-9/)
})

await test('no value of the samples is neither mapped, nor suppressed, nor listed', () => {
  if (!haveShared) skip('the shared folder is not here')
  const folder = join(shared, 'samples/v2/messages')
  const told = answer(['map', 'coverage', ...readdirSync(folder).map((name) => join(folder, name))])
  for (const one of [...told.fields, { place: 'in all', ...told.all }]) {
    assert.equal(STATES.reduce((sum, state) => sum + one[state], 0), one.seen, one.place)
    if (one.not_written + one.never_read > 0 && one.place !== 'in all') assert.ok(one.example, one.place)
  }
  assert.equal(told.fields.reduce((sum, one) => sum + one.seen, 0), told.all.seen)
  assert.equal(told.all.mapped + told.all.key + told.all.condition, told.arrived)
  assert.equal(told.all.not_written + told.all.never_read, told.lost)
  assert.ok(told.all.seen > 100000)
  console.log(`        ${(100 * told.share).toFixed(2)} % of ${told.arrived + told.lost} values arrive (aim: 97 %)`)
})

// --- difference -----------------------------------------------------------------------------------

const shipped = join(repository, 'mappings')
const site = (name, rules) => {
  const folder = join(mkdtempSync(join(top, 'site-')), name)
  mkdirSync(folder)
  writeFileSync(join(folder, `${name}.xml`), `<site id="${name}" time-zone="America/Los_Angeles">${rules}</site>\n`)
  return folder
}
const asIs = site('mission', '')
const genderless = site('mission', '\n  <drop id="pid.gender" because="a test"/>\n')
const strict = site('mission', '\n  <change id="obx.number" max="5" invalid="refuse"/>\n')

await test('diff counts by element what a change would do, and shows no value unless asked', () => {
  assert.equal(answer(['map', 'diff', asIs, asIs, message]).same, 1)
  const told = answer(['map', 'diff', asIs, genderless, message])
  assert.deepEqual(told.elements.map((one) => [one.element, one.removed, one.added, one.changed]), [['Patient.gender', 1, 0, 0]])
  assert.equal(told.elements[0].examples[0].message, `${message}: message 1`)
  assert.equal(told.elements[0].examples[0].before, undefined)
  assert.match(says(['map', 'diff', asIs, genderless, message], 0), /removed +1 {2}Patient\.gender\n.* gender {3}\*\*\* -> nothing\n/)
  assert.match(says(['map', 'diff', '--show-phi', asIs, genderless, message], 0), /gender {3}"female" -> nothing/)
})

await test('diff compares whole folders of mappings', () => {
  const copy = join(top, 'mappings')
  cpSync(shipped, copy, { recursive: true })
  const map = join(copy, 'v2-to-fhir/segments/PID-Patient.xml')
  writeFileSync(map, readFileSync(map, 'utf8').replace(/<\/segment>\s*$/, '  <set id="own.language" to="language" value="es"/>\n</segment>\n'))
  const told = answer(['map', 'diff', shipped, copy, message])
  assert.deepEqual(told.elements.map((one) => [one.element, one.added]), [['Patient.language', 1]])
  says(['map', 'diff', shipped, join(top, 'nothing'), message], 2)
})

await test('diff is a gate where words are given', () => {
  says(['map', 'diff', '--fail-on', 'removed,refused', asIs, asIs, message], 0)
  says(['map', 'diff', '--fail-on', 'added,refused', asIs, genderless, message], 0)
  says(['map', 'diff', '--fail-on', 'removed', asIs, genderless, message], 1)
  says(['map', 'diff', '--fail-on', 'lost', asIs, genderless, message], 2)
  const told = answer(['map', 'diff', '--fail-on', 'refused', asIs, strict, message], 1)
  assert.equal(told.refused, 1)
  const waiting = site('mission', '\n  <change id="obx.number" max="5" invalid="hold"/>\n')
  assert.equal(answer(['map', 'diff', '--fail-on', 'held', asIs, waiting, message], 1).held, 1)
  assert.equal(answer(['map', 'coverage', '--site', waiting, message]).messages_held, 1)
  assert.match(says(['map', 'diff', asIs, waiting, message], 0), /taken before, held now: 1 message,/)
  says(['map', 'diff', asIs, strict], 2)
})

await test('a drop in a data type map suppresses that component wherever the type stands', () => {
  const parts = readFileSync(join(shipped, 'v2-to-fhir/datatypes/CX-Identifier-Parts.xml'), 'utf8')
  const because = /<drop from="\.10" because="([^"]*)"/.exec(parts)[1]
  const path = file('jurisdiction.hl7', oru('7746', plain.replace('^^^MISSION^MR', '^^^MISSION^MR^^^^^TEN')))
  assert.equal(field(answer(['map', 'coverage', path]), 'PID-3.10.1').suppressed, 1)
  assert.ok(says(['why', path, 'PID-3.10'], 0).includes(`on purpose: ${because}`))
})

// --- why of a field -------------------------------------------------------------------------------

await test('why says what became of a field, or why nothing did', () => {
  const path = file('why.hl7', oru('7745', 'PID|1||A1001^^^MISSION^MR~123456789^^^USSSA^SS||TESTCASE^ALMA||19800229^D|X9^woman'))
  const shy = site('mission', '\n  <drop id="pid.identifier" when=".5 = \'SS\'" because="social security numbers are not shared"/>\n')
  const lines = (...words) => says(['why', '--json', '--site', shy, path, ...words], 0).trim().split('\n').map((line) => JSON.parse(line))
  const [family] = lines('PID-5.1')
  assert.equal(family.state, 'mapped')
  assert.ok(family.elements.some((one) => one.path === 'name[0].family' && one.value === 'TESTCASE' && one.rule === 'xpn.family'))
  const [number] = lines('PID-3[2].1')
  assert.equal(number.state, 'suppressed')
  assert.equal(number.because, 'social security numbers are not shared')
  assert.ok(number.at.startsWith(`${shy}/mission.xml:2:`))
  assert.equal(lines('PID-7.2')[0].state, 'never read')
  assert.equal(lines('OBX[1]-2')[0].state, 'condition')
  assert.match(lines('PID-8.1')[0].elements[0].path, /^_gender\.extension/)
  assert.match(lines('Patient', 'gender')[0].path, /^_gender\.extension/)
  assert.match(says(['why', path, 'PID-7.2'], 0), /never read\n {2}no rule reads this field/)
  assert.match(run(['why', path, 'PID-30']).stderr, /the message has no value there/)
})

// --- explain --------------------------------------------------------------------------------------

await test('explain gives each way a rule runs, and where each attribute is written', () => {
  const told = answer(['map', 'explain', 'obx.number', '--site', strict])
  assert.deepEqual(told.ways.map((way) => way.word), ['change'])
  const at = (name) => told.ways[0].attributes.find((one) => one.name === name)
  assert.equal(at('max').value, '5')
  assert.ok(at('max').at.startsWith(`${strict}/mission.xml:2:`))
  assert.match(at('from').at, /v2-to-fhir\/segments\/OBX-Observation-Value\.xml:\d+:\d+$/)
  assert.deepEqual(answer(['map', 'explain', 'pid.gender']).ways.map((way) => way.word), ['base'])
  assert.ok(answer(['map', 'explain', 'PID-Patient']).holds.includes('pid.gender'))
  assert.match(run(['map', 'explain', 'pid.gendre']).stderr, /there is no rule 'pid\.gendre'\n.*did you mean 'pid\.gender'/s)
})

await test('explain shows the way of a message, without the parts of its keys', () => {
  const told = answer(['map', 'explain', message])
  const step = (rule) => told.steps.find((one) => one.rule === rule)
  assert.equal(told.structure, 'ORU_R01')
  assert.match(step('obx.number').in, /^OBSERVATION\[1\] OBX\[1\] Observation\//)
  assert.equal(step('obx.number').outcome, 'ran')
  assert.equal(step('obx.not-asked').outcome, 'false')
  assert.equal(step('obx.not-asked').when, "OBX-11 = 'N'")
  assert.match(told.resources.find((one) => one.resource.startsWith('Patient/')).keys[0], /^person\((\*\*\*, )*\*\*\*\)$/)
  const text = says(['map', 'explain', message], 0)
  assert.match(text, /not obx\.not-asked: OBX-11 = 'N'/)
  assert.ok(!text.includes('A1001'))
  assert.ok(says(['map', 'explain', '--show-phi', message], 0).includes('A1001'))
})

// --- a new site -----------------------------------------------------------------------------------

await test('new-site begins a folder that passes check, from messages with local codes, Latin-1 and a Z segment', () => {
  const odd = (id, family) =>
    Buffer.from(
      [
        `MSH|*~\\&|EHR|NORTH|||20260310093000||ORU*R01*ORU_R01|${id}|P|2.3`,
        `PID|1||A1***NORTH*MR||${family}*ANA||19800229|W`,
        'OBR|1||F1|718-7*Hemoglobin*LN|||202603101200||||||||||||||||||F',
        'OBX|1|NM|GLU*Glucose*99NORTH||105|mg/dL|||||F',
        'ZPI|1|keep this',
      ].join('\r') + '\r',
      'latin1',
    )
  const first = file('north-1.hl7', odd('1', 'NU\u00d1EZ'))
  const second = file('north-2.hl7', odd('2', 'DOE'))
  const made = answer(['map', 'new-site', 'north', '--to', top, '--from-samples', first, second])
  assert.equal(made.messages, 2)
  assert.equal(made.messages_refused, 0)
  says(['check', made.folder], 0)
  const own = readFileSync(join(made.folder, 'north.xml'), 'utf8')
  assert.match(own, /<site id="north" version="2\.3" time-zone="UTC" charset="8859\/1">/)
  for (const words of ['which time zone', 'EHR/NORTH (2)', '|*~\\&amp; (2)'.replace('&amp;', '&'), 'ZPI-2 behind OBX (2)', 'NORTH in PID-3 (2)']) {
    assert.ok(own.includes(words), `${words} is not in\n${own}`)
  }
  assert.match(readFileSync(join(made.folder, 'codes/AdministrativeSex.csv'), 'utf8'), /^#W,,,,,,seen 2 times in PID-8$/m)
  assert.match(readFileSync(join(made.folder, 'codes/systems.csv'), 'utf8'), /^#99NORTH,/m)
  assert.match(readFileSync(join(made.folder, 'codes/local.csv'), 'utf8'), /^#GLU,99NORTH,Glucose,/m)
  const all = readdirSync(join(made.folder, 'codes')).map((name) => readFileSync(join(made.folder, 'codes', name), 'utf8')).join('') + own
  assert.ok(!/EZ|ANA|DOE|19800229|keep this/.test(all), 'a value of a person was written')
  const bundle = JSON.parse(says(['convert', '--site', made.folder, first], 0))
  assert.equal(bundle.entry.map((entry) => entry.resource).find((one) => one.resourceType === 'Patient').name[0].family, 'NU\u00d1EZ')
  says(['map', 'new-site', 'north', '--to', top, first], 5)
  says(['map', 'new-site', 'North!', first], 2)
  says(['map', 'new-site', 'south'], 2)
})

await test('each suggestion of new-site holds as it stands, when it is taken out of its comment', () => {
  const own = join(top, 'north/north.xml')
  const text = readFileSync(own, 'utf8')
  const add = /<add map="OBX-Observation">.*?<\/add>/s.exec(text)[0]
  writeFileSync(own, text.replace('</site>', `${add}\n</site>`))
  const codes = join(top, 'north/codes/AdministrativeSex.csv')
  writeFileSync(codes, readFileSync(codes, 'utf8').replace('#W,,,', 'W,female,http://hl7.org/fhir/administrative-gender,'))
  says(['check', join(top, 'north')], 0)
  const told = answer(['map', 'coverage', '--site', join(top, 'north'), join(top, 'north-1.hl7')])
  assert.equal(field(told, 'ZPI-1').mapped + field(told, 'ZPI-2').mapped, 1)
  assert.equal(field(told, 'PID-8').mapped, 1)
})

// --- stored messages ------------------------------------------------------------------------------

const instance = await Instance.make({ base: portBase(260), feeds: [['mission-oru', 'mission', 'LAB/MISSION']] })
afterAll(() => instance.remove())
await instance.serve()
const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-oru') })
for (const id of ['8001', '8002']) assert.equal((await peer.ask(oru(id, plain.replace('19800229', '19800229^D')))).code, 'AA')
peer.end()

await test('coverage looks at stored messages, by feed and time', () => {
  const told = answer(['map', 'coverage', '--instance', instance.directory])
  assert.equal(told.messages, 2)
  assert.equal(field(told, 'PID-8').mapped, 2)
  assert.match(field(told, 'PID-7.2').example, /^message \d+, feed mission-oru, PID\[1\]-/)
  assert.equal(answer(['map', 'coverage', '--instance', instance.directory, '--since', '2099-01-01']).messages, 0)
  assert.equal(answer(['map', 'coverage', '--instance', instance.directory, '--limit', '1', '--feed', 'mission-oru']).messages, 1)
  says(['map', 'coverage', '--instance', instance.directory, '--feed', 'nobody'], 2)
  says(['map', 'coverage', '--since', '2026-01-01', message], 2)
})

await test('why answers for a field of a stored message, with values only where they are asked for', () => {
  const asked = ['why', '--json', '--instance', instance.directory, '8001', 'PID-5.1']
  const masked = JSON.parse(says(asked, 0).split('\n')[0])
  assert.equal(masked.value, '***')
  assert.equal(masked.elements[0].value, '***')
  assert.equal(JSON.parse(says([...asked, '--show-phi'], 0).split('\n')[0]).value, 'TESTCASE')
})

await test('explain finds a stored message by its MSH-10, and a rule as a site of the instance has it', () => {
  const told = answer(['map', 'explain', '--instance', instance.directory, '8002'])
  assert.match(told.message, /^message \d+, feed mission-oru$/)
  assert.ok(told.steps.length > 100)
  assert.equal(answer(['map', 'explain', '--instance', instance.directory, 'pid.gender', '--site', 'mission']).ways.length, 1)
  says(['map', 'explain', '--instance', instance.directory, 'pid.gender', '--site', 'nobody'], 3)
})

await test('diff looks at stored messages, and takes the hash of a kept revision for a side', () => {
  const stored = ['map', 'diff', '--instance', instance.directory]
  const told = answer([...stored, '--fail-on', 'removed', join(instance.directory, 'sites/mission'), genderless], 1)
  assert.equal(told.messages, 2)
  assert.match(told.elements[0].examples[0].message, /^message \d+, feed mission-oru$/)
  const { revision } = JSON.parse(run(['message', 'show', '--json', instance.directory, '8001']).stdout)
  assert.equal(answer([...stored, revision, shipped]).same, 2)
  assert.equal(answer([...stored, revision, genderless]).removed, 2)
  assert.equal(answer([...stored, shipped, site('harbor', '')]).messages, 0)
  // what a feed does not say itself is its site's: zone and charset are the side's, too
  const moved = site('mission', '')
  const own = join(moved, 'mission.xml')
  writeFileSync(own, readFileSync(own, 'utf8').replace('America/Los_Angeles', 'America/New_York'))
  const elements = answer([...stored, asIs, moved]).elements.map((one) => one.element)
  assert.ok(elements.includes('DiagnosticReport.effectiveDateTime'), elements.join())
})

await test('capture makes a test of a stored message in the file of its site', () => {
  const folder = join(instance.directory, 'sites/mission')
  says(['map', 'capture', '--instance', instance.directory, '8001', '--as-test', 'hemoglobin'], 0)
  const fixture = readFileSync(join(folder, 'fixtures/hemoglobin.hl7'), 'utf8')
  // whole words: a birth date that was moved may well contain the digits of the message's number
  assert.ok(!/\b(TESTCASE|ALMA|A1001|8001)\b/.test(fixture), fixture)
  assert.deepEqual(answer(['test', instance.directory]), { passed: 1, failed: 0, mapsWithoutTest: [] })
  says(['check', instance.directory], 0)
  says(['map', 'capture', '--instance', instance.directory, '9999', '--as-test', 'none'], 1)
})

await finish()
