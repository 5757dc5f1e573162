// An analyst's hour: a clinic with its own codes, its own separators, Latin-1 and a Z segment is taken
// on board while another one sends, with a folder of 40 lines at most, no C and no restart.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(150),
  feeds: [['mission-ehr', 'mission', 'NEXTEHR/MISSION']],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())
await instance.serve()
const { directory } = instance
const token = instance.token('reader', 'system/*.rs')

// --- what the clinic sends ----------------------------------------------------------------------

const latin1 = (...segments) => Buffer.from(segments.join('\r') + '\r', 'latin1')
const header = (type, id) => `MSH*:!\\@*HARBOREHR*HARBOR*PB*HUB*20261120083000**${type}*${id}*P*2.3`
const person = 'PID*1**4711:::HARBOR:MR**Muñoz:José:::::L**19700412*W***12 Calle Mayor::Salem:OR:97301:USA'
const visit = latin1(header('ADT:A04', 'H-1'), 'EVN*A04*20261120083000', person, 'PV1*1*O*PAINC', 'ZPI*1*HC-0042*es')
const answers = latin1(
  header('ORU:R01', 'H-2'),
  person,
  'OBR*1*P-77:HARBOR*F-77:HARBOR*PAINQ:Pain questions:99HARBOR***20261120090000***************20261120091000***F',
  'OBX*1*NM*PEG3:PEG mean:99HARBOR**6.3*{score}*****F***20261120090000',
  'OBX*2*NM*NRS0:pain now:99HARBOR**7*{score}*****F***20261120090000',
  'OBX*3*TX*NOTE1:nurse:99HARBOR**duerme mal, ½ día******F***20261120090000',
)
const captured = join(instance.top, 'captured')
mkdirSync(captured)
const files = ['visit.hl7', 'answers.hl7'].map((name) => join(captured, name))
writeFileSync(files[0], visit)
writeFileSync(files[1], answers)

const sites = join(directory, 'sites')
const folder = join(sites, 'harbor')
const siteFile = join(folder, 'harbor.xml')
const lost = (site) =>
  JSON.parse(must(['map', 'coverage', '--json', '--site', site, ...files]).stdout)
    .fields.filter((field) => field.never_read + field.not_written > 0)
    .map(({ place }) => place)

// --- the hour -----------------------------------------------------------------------------------

const before = engineProcesses(instance.child.pid).map(({ pid }) => pid).sort()
const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
// Before the first command: commands hold this process up, and the end of the handshake with it.
assert.equal((await mission.ask(adt({ id: 'M-0' }))).code, 'AA')

await test('map new-site begins the folder from what was captured, and it passes check at once', () => {
  must(['map', 'new-site', 'harbor', '--to', sites, '--time-zone', 'America/Los_Angeles', '--from-samples', ...files])
  assert.match(must(['check', directory]).stdout, /^no errors, 0 warnings/m)
  const begun = readFileSync(siteFile, 'utf8')
  assert.match(begun, /version="2\.3"/)
  assert.match(begun, /charset="8859\/1"/)
  assert.match(begun, /\*:!\\@/)
  assert.match(begun, /ZPI-2/)
  const codes = readFileSync(join(folder, 'codes/local.csv'), 'utf8')
  for (const code of ['PEG3', 'NRS0', 'PAINQ']) assert.ok(codes.includes(`${code},99HARBOR`), code)
  for (const private_ of ['Muñoz', '4711', 'HC-0042', 'Calle']) assert.ok(!(begun + codes).includes(private_), private_)
})

await test('map coverage says what of the clinic is lost', () => {
  assert.deepEqual(lost(folder), ['ZPI-1', 'ZPI-2', 'ZPI-3'])
})

await test('a message becomes a test with nobody\'s name in it', () => {
  must(['map', 'capture', files[1], '--as-test', 'answers', '--site', folder])
  must(['map', 'capture', files[0], '--as-test', 'visit', '--site', folder])
  for (const name of ['answers', 'visit']) {
    const fixture = readFileSync(join(folder, `fixtures/${name}.hl7`), 'latin1')
    for (const private_ of ['Muñoz', 'José', '**4711:', 'Calle', 'Salem', 'duerme']) assert.ok(!fixture.includes(private_), private_)
  }
  assert.match(must(['test', folder]).stdout, /^2 passed, 0 failed/m)
})

await test('forty lines say how the clinic differs, and its tests are green', () => {
  cpSync(folder, join(instance.top, 'harbor-before/harbor'), { recursive: true })
  writeFileSync(
    siteFile,
    `<site id="harbor" version="2.3" time-zone="America/Los_Angeles" charset="8859/1" organization="Harbor Clinic">
  <!-- the number on the clinic's card, and the language asked at the desk -->
  <add map="PID-Patient">
    <set id="harbor.card" from="ZPI-2" to="identifier[card].value"/>
    <set id="harbor.card-system" to="identifier[card].system" value="urn:harbor:card" when="ZPI-2 valued"/>
    <set id="harbor.language" from="ZPI-3" to="communication[desk].language.coding.code"/>
    <set id="harbor.language-system" to="communication[desk].language.coding.system" value="urn:ietf:bcp:47" when="ZPI-3 valued"/>
  </add>
  <drop from="ZPI-1" because="a set id"/>
  <!-- the clinic's questions -->
  <change id="obx.code" table="local"/>
  <change id="obx.number" when="OBX-3 in codes('peg-mean')" min="0" max="10" invalid="keep-text"/>
  <test name="the mean of three answers is LOINC">
    <message file="fixtures/answers.hl7"/>
    <expect in="result" where="code.coding.exists(code = '91147-9')" path="valueQuantity.value" equals="6.3" by="obx.number"/>
    <expect in="patient" path="gender" equals="female"/>
    <ack code="AA"/>
  </test>
  <test name="the card number comes with its system">
    <message file="fixtures/visit.hl7"/>
    <expect in="patient" path="identifier.where(system = 'urn:harbor:card').value.exists()" equals="true"/>
    <expect in="patient" path="communication.language.coding.code.exists()" equals="true"/>
  </test>
</site>
`,
  )
  writeFileSync(join(folder, 'codes/local.csv'), 'code,code_system,concept,target_code,target_system,who,when,why\nPEG3,99HARBOR,peg-mean,91147-9,http://loinc.org,analyst,2026-11-20,agreed with the clinic lead\n')
  writeFileSync(join(folder, 'codes/AdministrativeSex.csv'), 'code,target_code,target_system,target_display,who,when,why\nW,female,http://hl7.org/fhir/administrative-gender,Female,analyst,2026-11-20,the EHR is of German make\n')
  writeFileSync(join(folder, 'codes/systems.csv'), 'code,target_code,who,when,why\n99HARBOR,urn:harbor:codes,analyst,2026-11-20,its own codes\n')
  writeFileSync(join(folder, 'codes/authorities.csv'), 'code,target_code,who,when,why\nHARBOR,urn:harbor:mrn,analyst,2026-11-20,its record numbers\n')
  const checked = run(['check', folder])
  assert.equal(checked.code, 0, checked.stdout + checked.stderr)
  const tested = run(['test', folder])
  assert.equal(tested.code, 0, tested.stdout + tested.stderr)
  const written = readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((name) => /\.(xml|csv)$/.test(name) && statSync(name).isFile())
  const lines = written.reduce((sum, name) => sum + readFileSync(name, 'utf8').trimEnd().split('\n').length, 0)
  console.log(`        ${lines} lines in ${written.length} files`)
  assert.ok(lines <= 40, `${lines} lines`)
})

await test('nothing of the clinic is lost any more, and nothing that arrived is taken away', () => {
  assert.deepEqual(lost(folder), [])
  const gate = run(['map', 'diff', join(instance.top, 'harbor-before/harbor'), folder, ...files, '--fail-on', 'refused,held'])
  assert.equal(gate.code, 0, gate.stdout + gate.stderr)
  assert.match(gate.stdout, /gender/)
})

await test('the feed is switched on without a restart, while the other clinic sends', async () => {
  must(['feed', 'add', directory, 'harbor-ehr', '--site', 'harbor', '--allow', 'HARBOREHR/HARBOR', '--charset', '8859/1'])
  assert.equal((await mission.ask(adt({ id: 'M-1' }))).code, 'AA')
  const taken = () => instance.log.filter((line) => line.includes('"event":"reloaded"')).length
  const beforehand = taken()
  instance.child.kill('SIGHUP')
  await until('all workers have taken the new revision', 20000, () => taken() >= beforehand + 4)
  const harbor = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('harbor-ehr') })
  for (const message of [visit, answers]) assert.equal((await harbor.ask(message)).code, 'AA')
  harbor.end()
  assert.equal((await mission.ask(adt({ id: 'M-2' }))).code, 'AA')
  mission.end()
  assert.deepEqual(engineProcesses(instance.child.pid).map(({ pid }) => pid).sort(), before)
})

await test('what the clinic said is read back as it was meant', async () => {
  const get = async (path) => (await instance.request(path, { token })).json
  const [{ resource: patient }] = (await get('/fhir/Patient?identifier=urn:harbor:card|HC-0042')).entry
  assert.deepEqual(patient.name[0], { family: 'Muñoz', given: ['José'], use: 'official' })
  assert.equal(patient.gender, 'female')
  assert.equal(patient.communication[0].language.coding[0].code, 'es')
  const results = (await get(`/fhir/Observation?patient=${patient.id}`)).entry.map(({ resource }) => resource)
  const mean = results.find(({ code }) => code.coding.some(({ code, system }) => code === '91147-9' && system === 'http://loinc.org'))
  assert.ok(mean.code.coding.some(({ code, display }) => code === 'PEG3' && display === 'PEG mean'))
  assert.equal(mean.valueQuantity.value, 6.3)
  assert.equal(mean.effectiveDateTime, '2026-11-20T09:00:00-08:00')
  assert.ok(results.some(({ valueString }) => valueString === 'duerme mal, ½ día'))
  assert.ok(results.some(({ code }) => code.coding[0].system === 'urn:harbor:codes' && code.coding[0].code === 'NRS0'))
})

await finish()
