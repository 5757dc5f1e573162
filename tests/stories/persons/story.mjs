// One person whom two clinics know: linked by hand and taken apart again, while the engine runs, and
// merged by a message. The old id answers for the new one at every door; nothing is lost.
import assert from 'node:assert/strict'
import { Instance, portBase, run } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(400),
  sites: ['mission', 'harbor'],
  feeds: [
    ['mission-ehr', 'mission', 'NEXTEHR/MISSION'],
    ['harbor-ehr', 'harbor', 'NEXTEHR/HARBOR'],
  ],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())
const directory = instance.directory
await instance.serve()
const token = instance.token('reader', 'system/*.rs')
const connect = (feed) => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls(feed) })
const mission = await connect('mission-ehr')
const harbor = await connect('harbor-ehr')

const person = (verb, ...words) => {
  const { stdout, stderr, code } = run(['person', verb, '--json', directory, ...words])
  return { code, stderr, lines: stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) }
}
const records = () => person('list').lines
const recordOf = (site) => records().find((record) => record.site === site)
const get = async (path) => (await instance.request(path, { token })).json
const countOf = async (query) => (await get(`/fhir/${query}&_summary=count`)).total
const accepted = (answer) => assert.equal(answer.code, 'AA', JSON.stringify(answer))
const harborOru = (id, filler) => oru({ id, facility: 'HARBOR', mrn: 'H1', filler }).replace('^ALMA|', '^ALMITA|')
const said = (patient) => JSON.stringify({ ...patient, meta: undefined })

let before
await test('two clinics know a person by numbers of their own: two Patients', async () => {
  accepted(await mission.ask(adt({ id: 'm1', mrn: 'M1', given: 'ALMA' })))
  accepted(await mission.ask(oru({ id: 'm2', mrn: 'M1', filler: 'MF1' })))
  accepted(await harbor.ask(adt({ id: 'h1', facility: 'HARBOR', mrn: 'H1', given: 'ALMITA' })))
  accepted(await harbor.ask(harborOru('h2', 'HF1')))
  assert.notEqual(recordOf('mission').patient, recordOf('harbor').patient)
  before = await Promise.all(['mission', 'harbor'].map((site) => get(`/fhir/Patient/${recordOf(site).patient}`)))
})

await test('record numbers are masked, and shown to who asks and is noted', () => {
  assert.ok(records().every((record) => record.number === '***'))
  assert.deepEqual(person('list', '--show-phi').lines.map((record) => record.number).sort(), ['H1', 'M1'])
})

await test('a link needs a reason and two that are known', () => {
  assert.equal(person('link', String(recordOf('harbor').record), String(recordOf('mission').record)).code, 2)
  assert.equal(person('link', '1', String(recordOf('mission').record), '--why', 'x').code, 1)
})

await test('linked, both histories are one, and the old id answers for the other', async () => {
  const [old, kept] = [recordOf('harbor'), recordOf('mission')]
  const linked = person('link', String(old.record), String(kept.record), '--why', 'the same card')
  assert.equal(linked.code, 0, linked.stderr)
  assert.deepEqual(linked.lines, [{ changed: true, patient: kept.patient }])
  assert.deepEqual(person('link', String(old.record), String(kept.record), '--why', 'again').lines, [{ changed: false, patient: kept.patient }])
  const read = await get(`/fhir/Patient/${old.patient}`)
  assert.equal(read.id, kept.patient)
  assert.deepEqual(read.name.map((name) => name.given[0]).sort(), ['ALMA', 'ALMITA'])
  for (const id of [old.patient, kept.patient]) assert.equal(await countOf(`Observation?patient=${id}`), 2)
  for (const number of ['M1', 'H1']) assert.equal((await get(`/fhir/Patient?identifier=${number}`)).entry[0].resource.id, kept.patient)
  assert.deepEqual(person('show', old.patient).lines.map((record) => record.site).sort(), ['harbor', 'mission'])
})

await test('taken apart again, each says what it said, with what came in between', async () => {
  const { own_patient: own, record } = recordOf('harbor')
  accepted(await harbor.ask(harborOru('h3', 'HF2')))
  assert.deepEqual(person('unlink', String(record), '--why', 'her sister').lines, [{ changed: true, patient: own }])
  const after = await Promise.all([recordOf('mission').patient, own].map((id) => get(`/fhir/Patient/${id}`)))
  assert.deepEqual(after.map(said), before.map(said))
  assert.equal(await countOf(`Observation?patient=${own}`), 2)
  assert.equal(await countOf(`Observation?patient=${recordOf('mission').patient}`), 1)
})

await test('a merge by message makes the prior number the survivor\'s', async () => {
  accepted(await mission.ask(adt({ id: 'm3', mrn: 'M2', given: 'ALMA' })))
  const merge = adt({ id: 'm4', event: 'A40', mrn: 'M1' }).replace('ADT^A40^ADT_A01', 'ADT^A40^ADT_A39').replace(/\rPV1.*/s, '\rMRG|M2^^^MISSION^MR\r')
  accepted(await mission.ask(merge))
  const owners = records().filter((record) => record.site === 'mission').map((record) => record.patient)
  assert.equal(owners.length, 2)
  assert.equal(owners[0], owners[1])
})

await test('the record is whole', () => {
  const { code, stdout, stderr } = run(['db', 'verify', directory])
  assert.equal(code, 0, stdout + stderr)
})

mission.end()
harbor.end()
await finish()
