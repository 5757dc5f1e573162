// Who may see what, over every door that there is: viewers x states of consent x doors, from HL7 v2
// messages of an open clinic and of a program under 42 CFR Part 2 about one person. The table fails
// when the router has a route that no row is about.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, repository } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const all = 'system/*.cruds'
const instance = await Instance.make({
  base: portBase(190),
  sites: ['mission', ['recovery', '--part2'], 'harbor', 'physio', ['clinic-east', '--known-as', 'http://hl7.org/fhir/sid/us-npi|1912301953 urn:test:org|E1']],
  feeds: [
    ['mission-ehr', 'mission', 'NEXTEHR/MISSION'],
    ['recovery-ehr', 'recovery', 'OTPEHR/RECOVERY'],
  ],
  clients: [
    ['hub', all],
    ['mission-app', all, '--site', 'mission'],
    ['recovery-app', all, '--site', 'recovery'],
    ['harbor-app', all, '--site', 'harbor'],
    ['physio-app', all, '--site', 'physio'],
    ['east-app', all, '--site', 'clinic-east'],
  ],
})
afterAll(() => instance.remove())
// The text is the counsel's; this one is made up.
const notice = '42 CFR part 2 prohibits unauthorized use or disclosure of these records. (test)'
mkdirSync(join(instance.directory, 'privacy'), { recursive: true })
writeFileSync(join(instance.directory, 'privacy/part2-notice.txt'), notice + '\n')
await instance.serve()

const names = ['east-app', 'hub', 'mission-app', 'recovery-app', 'harbor-app', 'physio-app']
const tokens = Object.fromEntries(names.map((name) => [name, instance.token(name, all)]))
const ask = (who, path, more = {}) => instance.request(`/fhir${path}`, { token: tokens[who], ...more })

// --- one person, two clinics --------------------------------------------------------------------

// What must be nowhere in the bytes that somebody without consent gets.
const secrets = ['F11', 'uprenorphine', 'ethadone', 'RECOVERY', 'recovery', 'pioid use disorder', 'MOUD', '75544000', '42CFRPart2', 'NORDSCLCD', 'redisclosure', 'B7007']
const shared = '^^^NATIONAL&2.999.7.1&ISO^PI'
const both = (message, mrn, number) => message.replace(`|${mrn}^`, `|${number}${shared}~${mrn}^`)

const mission = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
const recovery = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('recovery-ehr') })
const well = async (peer, message) => assert.equal((await peer.ask(message)).code, 'AA')
await well(mission, both(adt({ id: 'M1' }), 'A1001', 'X900'))
await well(mission, both(oru({ id: 'M2' }), 'A1001', 'X900'))
const otp = { app: 'OTPEHR', facility: 'RECOVERY', mrn: 'B7007' }
await well(recovery, both(adt({ id: 'R1', ...otp, phone: '(415)555-0177', extra: ['DG1|1||F11.20^Opioid use disorder^I10||20260101|A'] }), 'B7007', 'X900'))
await well(recovery, both(oru({ id: 'R2', ...otp, filler: 'F77', placer: 'P77', code: '3397-7^Buprenorphine [Presence] in Urine^LN', value: '1' }), 'B7007', 'X900'))
await well(mission, both(adt({ id: 'M3', phone: '(415)555-0102' }), 'A1001', 'X900'))

const found = await ask('hub', '/Patient?identifier=A1001')
assert.equal(found.json.total, 1, found.text)
const anna = found.json.entry[0].resource.id
const own = await ask('recovery-app', `/Observation?patient=${anna}&code=3397-7`)
assert.equal(own.json.total, 1, own.text)
const hidden = own.json.entry[0].resource.id
const secret = (await ask('recovery-app', `/Condition?patient=${anna}`)).json.entry[0].resource.id
const plain = (await ask('hub', `/Observation?patient=${anna}&code=72514-3`)).json.entry[0].resource.id
const team = await ask('mission-app', '/CareTeam', {
  method: 'POST',
  body: { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${anna}` }, participant: [{ member: { identifier: { system: 'urn:painbridge:site', value: 'physio' } } }] },
})
assert.equal(team.status, 201, team.text)

// --- consents -----------------------------------------------------------------------------------

const actor = (role, site) => ({ role: { coding: [{ code: role }] }, reference: { identifier: { system: 'urn:painbridge:site', value: site } } })
const coding = (system, code) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] })
const consent = (more = {}, provision = {}) => ({
  resourceType: 'Consent',
  id: 'the-consent',
  status: 'active',
  scope: coding('consentscope', 'patient-privacy'),
  category: [coding('v3-ActCode', 'IDSCL')],
  patient: { reference: `Patient/${anna}` },
  policyRule: coding('v3-ActCode', '42CFRPart2'),
  provision: { type: 'permit', purpose: [coding('v3-ActReason', 'TREAT').coding[0]], ...provision },
  ...more,
})
const day = (offset) => new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10)
const to = (site) => ({ actor: [actor('IRCP', site)] })
// What mission-app and physio-app see: open or all. The rest never changes.
const states = [
  ['none', undefined, 'open', 'open'],
  ['to mission', consent({}, to('mission')), 'all', 'open'],
  ['to physio', consent({}, to('physio')), 'open', 'all'],
  ['to whoever treats', consent(), 'all', 'all'],
  ['for payment', consent({}, { ...to('mission'), purpose: [coding('v3-ActReason', 'HPAYMT').coding[0]] }), 'open', 'open'],
  ['expired yesterday', consent({}, { ...to('mission'), period: { end: day(-1) } }), 'open', 'open'],
  ['until tomorrow', consent({}, { ...to('mission'), period: { end: day(1) } }), 'all', 'open'],
  ['to a clinic that does not treat', consent({}, to('harbor')), 'open', 'open'],
  ['draft', consent({ status: 'draft' }, to('mission')), 'open', 'open'],
  ['revoked', consent({ status: 'inactive' }, to('mission')), 'open', 'open'],
]

// --- doors --------------------------------------------------------------------------------------

// Each gives the bytes that it answered with, and whether the resource was there.
const look = async (who, path, more) => {
  const answer = await ask(who, path, more)
  return { text: answer.text, there: answer.status === 200, json: answer.json }
}
const inBundle = (answer, id) => ({ ...answer, there: (answer.json?.entry ?? []).some((entry) => entry.resource?.id === id) })
const agrees = (answer) => {
  if (answer.json?.total !== undefined) assert.equal(answer.json.total, (answer.json.entry ?? []).filter((entry) => entry.resource?.resourceType !== 'OperationOutcome').length)
  return answer
}
const form = (body) => ({ method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
const bundle = (type, path) => ({ method: 'POST', body: { resourceType: 'Bundle', type, entry: [{ request: { method: 'GET', url: path } }] } })
const ofBundle = (answer) => ({ ...answer, there: answer.json?.entry?.[0]?.response?.status?.startsWith('200') ?? false })
const doors = {
  'GET /fhir/{type}/{id}': (who, type, id) => look(who, `/${type}/${id}`),
  'GET /fhir/{type}/{id}/_history/{version}': (who, type, id) => look(who, `/${type}/${id}/_history/1`),
  'GET /fhir/{type}/{id}/_history': async (who, type, id) => agrees(await look(who, `/${type}/${id}/_history`)),
  'GET /fhir/{type}': async (who, type, id) => agrees(inBundle(await look(who, `/${type}?_total=accurate&_count=100`), id)),
  'POST /fhir/{type}/_search': async (who, type, id) => agrees(inBundle(await look(who, `/${type}/_search`, form(`_id=${id}`)), id)),
  'POST /fhir': async (who, type, id) => ofBundle(await look(who, '', bundle('batch', `${type}/${id}`))),
  // a condition that finds nothing creates; one that finds it answers with it
  'POST /fhir/{type}': async (who, type, id) => look(who, `/${type}`, { method: 'POST', headers: { 'if-none-exist': `_id=${id}`, prefer: 'return=representation' }, body: { resourceType: type, status: 'final', code: { text: 'made by a condition' }, subject: { reference: `Patient/${anna}` } } }),
}
// Routes that are no way to a person's record, each with its reason.
const without = {
  'GET /healthz': 'says that the process runs',
  'GET /readyz': 'says what is missing',
  'GET /metrics': 'counts; see the canaries',
  'POST /oauth/token': 'see the story of tokens',
  'GET /fhir/.well-known/smart-configuration': 'published',
  'GET /.well-known/smart-configuration': 'published',
  'GET /fhir/metadata': 'published',
  'GET /fhir/{type}/$translate': 'code tables',
  'POST /fhir/{type}/$translate': 'code tables',
  'GET /fhir/{type}/{id}/$translate': 'code tables',
  'POST /fhir/{type}/{id}/$translate': 'code tables',
  'PUT /fhir/{type}': 'written to below',
  'PUT /fhir/{type}/{id}': 'written to below',
}

await test('every route of the router is a door of the table, or says why it is none', () => {
  const text = readFileSync(join(repository, 'engine/access/route.c'), 'utf8')
  const routes = [...text.matchAll(/HTTP_METHOD_(\w+),\s+"([^"]+)"/g)].map(([, method, path]) => `${method} ${path}`)
  assert.ok(routes.length > 10)
  for (const route of routes) assert.ok(doors[route] || without[route], `no row is about ${route}`)
})

let rows = 0
async function check(state, who, sight, door) {
  const at = `${state}: ${who} by ${door}`
  const first = await doors[door](who, 'Observation', hidden)
  assert.equal(first.there, sight === 'all', `${at}: ${first.text.slice(0, 300)}`)
  if (door !== 'POST /fhir/{type}') {
    const second = await doors[door](who, 'Observation', plain)
    assert.equal(second.there, sight !== 'none', `${at}, open`)
    const third = await doors[door](who, 'Patient', anna)
    assert.equal(third.there, sight !== 'none', `${at}, patient`)
    if (sight === 'all' && who !== 'recovery-app') assert.ok(third.text.includes(notice), `${at}: no notice`)
    for (const answer of [second, third]) first.text += answer.text
  }
  if (sight !== 'all') for (const secret of secrets) assert.ok(!first.text.includes(secret), `${at}: ${secret}`)
  rows++
}

for (const [state, body, ofMission, ofPhysio] of states) {
  await test(`consent ${state}: each sees by each door what is his`, async () => {
    if (body) {
      const put = await ask('recovery-app', '/Consent/the-consent', { method: 'PUT', body })
      assert.ok([200, 201].includes(put.status), put.text)
    }
    const sights = { hub: 'open', 'mission-app': ofMission, 'recovery-app': 'all', 'harbor-app': 'none', 'physio-app': ofPhysio }
    for (const [who, sight] of Object.entries(sights))
      for (const door of Object.keys(doors)) {
        // a condition that finds nothing would make an Observation of her each time
        if (door === 'POST /fhir/{type}' && (sight !== 'all' || state !== 'to whoever treats')) continue
        await check(state, who, sight, door)
      }
  })
}

await test('a search for what is hidden answers as one for what never was', async () => {
  for (const query of [`/Condition?patient=${anna}&code=F11.20`, `/Condition?patient=${anna}&code=Z99.99`]) {
    const answer = await ask('mission-app', query)
    assert.equal(answer.status, 200)
    assert.equal(answer.json.total, 0)
  }
  const [one, two] = [await ask('mission-app', `/Observation/${hidden}`), await ask('mission-app', '/Observation/never-was')]
  assert.equal(one.status, two.status)
  assert.deepEqual(one.json, two.json)
})

await test('versions have no gap where something is hidden', async () => {
  const { json } = await ask('mission-app', `/Patient/${anna}/_history`)
  const versions = json.entry.map((entry) => Number(entry.resource.meta.versionId))
  assert.deepEqual(versions, versions.map((_, index) => versions.length - index))
})

await test('a clinic that does not treat her cannot write of her, nor over her', async () => {
  const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${anna}` } }
  assert.equal((await ask('harbor-app', '/Observation', { method: 'POST', body: observation })).status, 422)
  assert.equal((await ask('harbor-app', `/Patient/${anna}`, { method: 'PUT', body: { resourceType: 'Patient', id: anna } })).status, 409)
  assert.equal((await ask('harbor-app', `/Observation/${plain}`, { method: 'PUT', body: { ...observation, id: plain } })).status, 422)
  assert.equal((await ask('physio-app', '/Observation', { method: 'POST', body: observation })).status, 201)
})

await test('an id that is taken where nobody sees it is free', async () => {
  const body = { resourceType: 'Observation', id: hidden, status: 'final', code: { text: 'mine' }, subject: { reference: `Patient/${anna}` } }
  const answer = await ask('mission-app', `/Observation/${hidden}`, { method: 'PUT', body })
  assert.equal(answer.status, 201, answer.text)
  assert.equal((await ask('mission-app', `/Observation/${hidden}`)).json.code.text, 'mine')
  assert.equal((await ask('recovery-app', `/Observation/${hidden}`)).json.meta.security.some(({ code }) => code === '42CFRPart2'), true)
})

await test('a clinic that was asked by a referral sees her while it is open', async () => {
  const east = (await ask('mission-app', '/Organization', { method: 'POST', body: { resourceType: 'Organization', identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: '1912301953' }] } })).json.id
  const order = { resourceType: 'ServiceRequest', id: 'referral-1', status: 'active', intent: 'order', subject: { reference: `Patient/${anna}` }, performer: [{ reference: `Organization/${east}` }] }
  const sees = async () => (await ask('east-app', `/Observation/${plain}`)).status
  assert.equal(await sees(), 404)
  for (const [status, wanted] of [['active', 200], ['on-hold', 200], ['completed', 404], ['active', 200], ['revoked', 404]]) {
    const put = await ask('mission-app', '/ServiceRequest/referral-1', { method: 'PUT', body: { ...order, status } })
    assert.ok([200, 201].includes(put.status), put.text)
    assert.equal(await sees(), wanted, status)
  }
  const byIdentifier = { ...order, id: 'referral-2', performer: [{ identifier: { system: 'urn:test:org', value: 'E1' } }] }
  assert.equal((await ask('mission-app', '/ServiceRequest/referral-2', { method: 'PUT', body: byIdentifier })).status, 201)
  assert.equal(await sees(), 200)
})

await test('who may receive cannot permit itself, nor bring back what was revoked', async () => {
  const own = { ...consent({}, { actor: [actor('CST', 'recovery'), actor('IRCP', 'mission')] }), id: 'self' }
  assert.equal((await ask('mission-app', '/Consent/self', { method: 'PUT', body: own })).status, 201)
  assert.equal((await ask('mission-app', `/Condition/${secret}`)).status, 404)
  const put = (who, status, provision) => ask(who, '/Consent/back', { method: 'PUT', body: { ...consent({ status }, provision), id: 'back' } })
  assert.equal((await put('recovery-app', 'active', to('mission'))).status, 201)
  assert.equal((await ask('mission-app', `/Condition/${secret}`)).status, 200)
  assert.equal((await put('recovery-app', 'inactive', to('mission'))).status, 200)
  await put('mission-app', 'active', {})
  await put('mission-app', 'active', to('mission'))
  assert.equal((await ask('mission-app', `/Condition/${secret}`)).status, 404)
})

await test('a label in what a client writes is refused, and gives nothing back', async () => {
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: '42CFRPart2' }]
  const body = { resourceType: 'Patient', id: anna, meta: { security } }
  for (const id of [anna, 'nobody-has-this']) {
    const answer = await ask('mission-app', `/Patient/${id}`, { method: 'PUT', headers: { prefer: 'return=representation' }, body: { ...body, id } })
    assert.equal(answer.status, 422, answer.text)
    assert.ok(!answer.text.includes('B7007'))
  }
})

await test('nobody treats by a name that he wrote on what belongs to all', async () => {
  const name = { system: 'urn:test:org', value: 'shared-1' }
  const organization = (await ask('mission-app', '/Organization', { method: 'POST', body: { resourceType: 'Organization', identifier: [name] } })).json.id
  const member = { reference: `Organization/${organization}` }
  const body = { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${anna}` }, participant: [{ member }] }
  assert.equal((await ask('mission-app', '/CareTeam', { method: 'POST', body })).status, 201)
  const mine = { resourceType: 'Organization', id: organization, identifier: [{ system: 'urn:painbridge:site', value: 'harbor' }] }
  await ask('harbor-app', `/Organization/${organization}`, { method: 'PUT', body: mine })
  assert.equal((await ask('harbor-app', `/Patient/${anna}`)).status, 404)
})

await test('the record of who did what is for the instance itself', async () => {
  assert.equal((await ask('mission-app', '/AuditEvent')).status, 403)
  assert.equal((await ask('hub', '/AuditEvent')).status, 200)
})

await test('the database is whole', () => {
  must(['db', 'verify', instance.directory])
})

console.log(`        ${rows} rows`)
await finish()
