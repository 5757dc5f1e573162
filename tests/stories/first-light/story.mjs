// A clinic's message becomes resources that a FHIR client reads in the same second, and every value
// knows where it came from. The same message twice has one effect.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(0),
  sites: ['mission', 'eastside'],
  feeds: [
    ['mission-ehr', 'mission', 'NEXTEHR/MISSION'],
    ['eastside-ehr', 'eastside', 'OPENCLINIC/EASTSIDE'],
  ],
  clients: [
    ['reader', 'system/*.rs'],
    ['portal', 'patient/*.rs'],
  ],
})
afterAll(() => instance.remove())
await instance.serve()
const token = instance.token('reader', 'system/*.rs')
const get = (path) => instance.request(path, { token })

function send(feed, name, content) {
  const file = join(instance.top, name)
  writeFileSync(file, content)
  return run(['send', instance.directory, '--feed', feed, '--json', file])
}

await test('a message by painbridge send is answered AA', async () => {
  const sent = send('mission-ehr', 'adt.hl7', adt({ id: 'FL-1' }))
  assert.equal(sent.code, 0, sent.stderr)
  assert.match(sent.stdout, /"AA"/)
})

await test('its Patient is found by record number within the same second', async () => {
  const began = Date.now()
  const { status, json } = await get('/fhir/Patient?identifier=A1001')
  assert.equal(status, 200)
  assert.equal(json.entry?.length, 1)
  const patient = json.entry[0].resource
  assert.equal(patient.name[0].family, 'TESTCASE')
  assert.equal(patient.birthDate, '1971-04-05')
  assert.equal(patient.gender, 'female')
  assert.ok(Date.now() - began < 1000)
})

let observation
await test('a result becomes an Observation with its value as it was written', async () => {
  assert.equal(send('mission-ehr', 'oru.hl7', oru({ id: 'FL-2', value: '7.0' })).code, 0)
  const { json } = await get('/fhir/Observation?code=http://loinc.org|72514-3')
  assert.equal(json.entry?.length, 1)
  observation = json.entry[0].resource
  assert.equal(observation.status, 'final')
  assert.match(JSON.stringify((await get(`/fhir/Observation/${observation.id}`)).text), /\\"value\\":7\.0[,}]/)
})

await test('the resource names its feed and control id, and a Provenance leads to the message', async () => {
  assert.match(observation.meta.source, /mission-ehr.*FL-2/)
  const { json } = await get(`/fhir/Provenance?target=Observation/${observation.id}`)
  assert.ok(json.entry?.length >= 1)
})

await test('why names segment, field, rule file and line', async () => {
  const { stdout, code } = run(['why', `Observation/${observation.id}`, 'valueQuantity.value', '--instance', instance.directory, '--show-phi'])
  assert.equal(code, 0)
  assert.match(stdout, /OBX\[1\]-5/)
  assert.match(stdout, /OBX-Observation-Value\.xml:\d+:\d+/)
})

await test('the stored message is given back byte for byte', async () => {
  const content = oru({ id: 'FL-3', filler: 'F9', placer: 'P9' })
  assert.equal(send('mission-ehr', 'raw.hl7', content).code, 0)
  assert.equal(must(['message', 'show', instance.directory, 'FL-3', '--raw']).stdout, content)
})

await test('the same message twice has one effect and the same answer', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const content = oru({ id: 'FL-4', filler: 'F4', placer: 'P4', time: '20260310093000-0600' })
  const first = await peer.ask(content)
  const before = (await get('/fhir/Observation?_count=500')).json.entry.length
  const second = await peer.ask(content)
  assert.equal(first.code, 'AA')
  assert.equal(second.raw, first.raw)
  assert.equal((await get('/fhir/Observation?_count=500')).json.entry.length, before)
  peer.end()
})

await test('a resend with a new MSH-7 is the same message', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const again = await peer.ask(
    oru({ id: 'FL-4', filler: 'F4', placer: 'P4', time: '20260310093000-0600' }).replace('|20260310093000-0600||ORU', '|20260310094500-0600||ORU'),
  )
  assert.equal(again.code, 'AA')
  peer.end()
})

await test('the same control id with another body is never AA', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const answer = await peer.ask(oru({ id: 'FL-4', filler: 'F4', placer: 'P4', value: '3', time: '20260310093000-0600' }))
  assert.match(answer.code, /^A[ER]$/)
  assert.equal(answer.errors[0].code, '205')
  assert.equal(answer.errors[0].place, 'MSH^1^10')
  peer.end()
})

await test('a feed cannot speak for another clinic', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('eastside-ehr') })
  const answer = await peer.ask(adt({ id: 'FL-5' }))
  assert.equal(answer.code, 'AR')
  assert.equal(answer.errors[0].code, '207')
  peer.end()
})

await test('an absent field keeps what was there and the delete indicator clears it', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const read = async () => (await get('/fhir/Patient?identifier=D1')).json.entry[0].resource
  assert.equal((await peer.ask(adt({ id: 'DEL-1', mrn: 'D1' }))).code, 'AA')
  assert.equal((await read()).telecom.length, 1)
  assert.equal((await peer.ask(adt({ id: 'DEL-2', mrn: 'D1', phone: '' }))).code, 'AA')
  assert.equal((await read()).telecom.length, 1)
  assert.equal((await peer.ask(adt({ id: 'DEL-3', mrn: 'D1', phone: '""' }))).code, 'AA')
  const last = await read()
  assert.equal(last.telecom, undefined)
  assert.equal(last.birthDate, '1971-04-05')
  peer.end()
})

await test('unchanged content writes no new version', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  await peer.ask(adt({ id: 'VER-1', mrn: 'V1', time: '20260310093000-0600' }))
  const first = (await get('/fhir/Patient?identifier=V1')).json.entry[0].resource.meta.versionId
  await peer.ask(adt({ id: 'VER-2', mrn: 'V1', time: '20260310093100-0600' }))
  const second = (await get('/fhir/Patient?identifier=V1')).json.entry[0].resource.meta.versionId
  assert.equal(second, first)
  peer.end()
})

await test('an older event does not overwrite newer values', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  await peer.ask(adt({ id: 'OLD-1', mrn: 'O1', family: 'NEWER', time: '20260310093000-0600' }))
  const late = await peer.ask(adt({ id: 'OLD-2', mrn: 'O1', family: 'OLDER', time: '20260309093000-0600' }))
  assert.equal(late.code, 'AA')
  const patient = (await get('/fhir/Patient?identifier=O1')).json.entry[0].resource
  assert.equal(patient.name[0].family, 'NEWER')
  peer.end()
})

await test('two clinics that know a person by the same number and assigner share one Patient', async () => {
  const shared = 'S77^^^&2.16.840.1.113883.19.5&ISO^MR'
  const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const eastside = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('eastside-ehr') })
  const from = (options) => adt({ ...options, mrn: 'X' }).replace(/\|X\^\^\^[A-Z]+\^MR/, `|${shared}`)
  assert.equal((await mission.ask(from({ id: 'TWO-1' }))).code, 'AA')
  assert.equal((await eastside.ask(from({ id: 'TWO-2', app: 'OPENCLINIC', facility: 'EASTSIDE' }))).code, 'AA')
  const { json } = await get('/fhir/Patient?identifier=S77')
  assert.equal(json.entry.length, 1)
  mission.end()
  eastside.end()
})

// A result under a number that means the same everywhere.
const everywhere = (options) => oru(options).replaceAll(new RegExp(`\\|(${options.filler})\\^\\w+`, 'g'), '|$1^^2.16.840.1.113883.19.7^ISO')
const reportOf = async (number) => (await get(`/fhir/DiagnosticReport?identifier=${number}`)).json.entry[0].resource
const patientOf = async (number) => (await get(`/fhir/Patient?identifier=${number}`)).json.entry[0].resource.id

await test("a clinic cannot take another clinic's report into its own patient's record", async () => {
  const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const eastside = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('eastside-ehr') })
  const theirs = { app: 'OPENCLINIC', facility: 'EASTSIDE', mrn: 'E500', placer: 'PG2' }
  assert.equal((await mission.ask(everywhere({ id: 'GUARD-1', mrn: 'G500', filler: 'GF1', placer: 'PG1', value: '7' }))).code, 'AA')
  const before = await reportOf('GF1')
  const answer = await eastside.ask(everywhere({ id: 'GUARD-2', ...theirs, filler: 'GF1', value: '1' }))
  assert.equal(answer.code, 'AE')
  assert.equal(answer.errors[0].code, '205')
  assert.match(answer.errors[0].place, /^OBR\^1\^3/)
  assert.match(answer.raw, /another patient.*send an identifier/)
  assert.deepEqual(await reportOf('GF1'), before)
  assert.equal(before.subject.reference, `Patient/${await patientOf('G500')}`)
  assert.equal((await get('/fhir/Patient?identifier=E500')).json.entry, undefined)
  const listed = JSON.parse(must(['message', 'list', instance.directory, '--json']).stdout.split('\n').find((line) => line.includes('GUARD-2')))
  assert.equal(listed.status, 'rejected')
  assert.equal((await eastside.ask(everywhere({ id: 'GUARD-3', ...theirs, filler: 'GF2' }))).code, 'AA')
  mission.end()
  eastside.end()
})

await test('two clinics whose laboratories send no placer number do not meet in one report', async () => {
  const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const eastside = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('eastside-ehr') })
  const unplaced = (options) => oru({ ...options, placer: 'NONE' }).replaceAll(/\|NONE\^\w+/g, '|')
  assert.equal((await mission.ask(unplaced({ id: 'LESS-1', mrn: 'G600', filler: 'LESS1' }))).code, 'AA')
  const theirs = { app: 'OPENCLINIC', facility: 'EASTSIDE', mrn: 'E600', filler: 'LESS2' }
  assert.equal((await eastside.ask(unplaced({ id: 'LESS-2', ...theirs }))).code, 'AA')
  assert.notEqual((await reportOf('LESS1')).id, (await reportOf('LESS2')).id)
  mission.end()
  eastside.end()
})

await test('a clinic corrects its own mix-up, and neither patient sees what was said of the other', async () => {
  const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const say = (id, mrn, time, extra) => mission.ask(everywhere({ id, mrn, filler: 'MIX1', placer: 'PM1', time, ...extra }))
  assert.equal((await say('MIX-1', 'MX1', '20260310093000-0600')).code, 'AA')
  assert.equal((await say('MIX-2', 'MX2', '20260310110000-0600')).code, 'AA')
  assert.equal((await say('MIX-3', 'MX1', '20260310100000-0600', { value: '2' })).code, 'AA')
  const [wrong, right] = [await patientOf('MX1'), await patientOf('MX2')]
  const report = await reportOf('MIX1')
  assert.equal(report.subject.reference, `Patient/${right}`)
  for (const [patient, versions] of [[wrong, ['1']], [right, ['2']]]) {
    const bound = instance.token('portal', 'patient/*.rs', '--patient', patient)
    const { json } = await instance.request(`/fhir/DiagnosticReport/${report.id}/_history`, { token: bound })
    assert.deepEqual(json.entry.map(({ resource }) => resource.meta.versionId), versions)
    assert.ok(json.entry.every(({ resource }) => resource.subject.reference === `Patient/${patient}`))
    const other = versions[0] === '1' ? '2' : '1'
    assert.equal((await instance.request(`/fhir/DiagnosticReport/${report.id}/_history/${other}`, { token: bound })).status, 404)
  }
  assert.equal((await get(`/fhir/DiagnosticReport/${report.id}/_history`)).json.total, 2)
  must(['db', 'verify', instance.directory])
  mission.end()
})

await test('the log holds no name of a patient', async () => {
  const text = instance.log.join('\n')
  assert.ok(text.length > 0)
  assert.doesNotMatch(text, /TESTCASE|ALMA|ELM ST|555-0101/)
})

await finish()
