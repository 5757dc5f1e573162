// The record of who did what: each thing that is done leaves an AuditEvent, the whole holds, what is
// exported is signed, a patient's disclosures are told, and what somebody with all rights does to the
// rows is named.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { adt, oru } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(180),
  sites: ['mission'],
  feeds: [['mission-ehr', 'mission', 'NEXTEHR/MISSION']],
  clients: [['reader', 'system/*.cruds', '--site', 'mission'], ['bound', 'patient/*.rs'], ['auditor', 'system/AuditEvent.rs']],
})
afterAll(() => instance.remove())
const directory = instance.directory
await instance.serve()
const token = instance.token('reader', 'system/*.cruds')
const get = (path, more = {}) => instance.request(path, { token, ...more })
const auditor = instance.token('auditor', 'system/AuditEvent.rs')
const look = (path) => instance.request(path, { token: auditor })
const own = (event) => event.subtype.find((each) => each.system === 'urn:painbridge:audit').code
const entities = (event) => (event.entity ?? []).map((each) => each.what?.reference ?? each.name ?? (each.query ? Buffer.from(each.query, 'base64').toString() : each.what?.identifier?.value))
async function events(query = '') {
  const answer = await look(`/fhir/AuditEvent${query}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  return (answer.json.entry ?? []).map((entry) => entry.resource)
}
const audit = (words, code = 0) => {
  const { stdout, stderr, code: ended } = run(['audit', words[0], '--json', directory, ...words.slice(1)])
  assert.equal(ended, code, stderr + stdout)
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line))
}
function sql(text) {
  const password = readFileSync(join(directory, 'secrets/superuser.password'), 'utf8').trim()
  const place = `host=127.0.0.1 port=${instance.databasePort} dbname=painbridge user=postgres sslmode=require`
  const result = spawnSync('/usr/lib/postgresql/15/bin/psql', ['-qAt', '-v', 'ON_ERROR_STOP=1', place, '-c', text], { env: { ...process.env, PGPASSWORD: password } })
  assert.equal(result.status, 0, result.stderr.toString())
  return result.stdout.toString().trim()
}

const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
let patient

await test('a message that came in says who sent it and what it made', async () => {
  await peer.ask(adt({ id: 'M1' }))
  await peer.ask(oru({ id: 'M2' }))
  patient = (await get('/fhir/Patient?identifier=A1001')).json.entry[0].resource.id
  const [result, first] = await events('?subtype=message')
  assert.equal(first.action, 'C')
  assert.equal(first.type.code, '110107')
  assert.equal(first.agent[0].who.identifier.value, 'mission-ehr')
  assert.equal(first.agent[0].location.identifier.value, 'mission')
  assert.ok(entities(first).includes(`Patient/${patient}`))
  assert.ok(entities(first).includes(`Patient/${patient}/_history/1`))
  assert.ok(entities(result).some((each) => /^Observation\/.*\/_history\/1$/.test(each)))
})

await test('a read, a search and a write by a client say what was asked for, and from where', async () => {
  await get(`/fhir/Patient/${patient}`)
  await get('/fhir/Observation?code=72514-3')
  await get('/fhir/Observation/_search', { method: 'POST', body: 'code=http%3A%2F%2Floinc.org%7C72514-3', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  const made = await get('/fhir/Organization', { method: 'POST', body: JSON.stringify({ resourceType: 'Organization', name: 'Mission' }) })
  assert.equal(made.status, 201)
  const [read] = await until('the notes are written', 3000, async () => {
    const found = await events('?subtype=read&agent-name=READ')
    return found.length > 0 && found
  })
  assert.equal(entities(read)[0], `Patient/${patient}`)
  assert.match(entities(read)[1], new RegExp(`^Patient/${patient}/_history/\\d+$`))
  assert.deepEqual(read.agent[0].network, { address: '127.0.0.1', type: '2' })
  await until('the searches are written', 5000, async () => {
    const searches = (await events('?subtype=search')).map((event) => entities(event).at(-1))
    return searches.includes('Observation?code=72514-3') && searches.includes('Observation?code=http%3A%2F%2Floinc.org%7C72514-3')
  })
  const [write] = await events('?subtype=write')
  assert.equal(write.subtype[0].code, 'create')
  assert.match(entities(write)[0], /^Organization\/.*\/_history\/1$/)
})

await test('the audit is read and searched by page, patient, time and outcome, and to do so is noted', async () => {
  const all = await events('?_count=500')
  const paged = []
  for (let path = '/fhir/AuditEvent?_count=2&date=lt' + new Date(Date.now() + 60000).toISOString(); path;) {
    const page = (await look(path)).json
    paged.push(...page.entry.map((entry) => entry.resource.id))
    const next = page.link.find((link) => link.relation === 'next')
    path = next && new URL(next.url).pathname + new URL(next.url).search
  }
  assert.ok(all.every((event) => paged.includes(event.id)), `${paged.length} of ${all.length}`)
  assert.equal(new Set(paged).size, paged.length)
  assert.deepEqual((await look(`/fhir/AuditEvent/${all[0].id}`)).json, all[0])
  assert.deepEqual((await events(`?_id=${all[0].id}`)).map((event) => event.id), [all[0].id])
  assert.ok((await events(`?patient=Patient/${patient}`)).every((event) => entities(event)[0] === `Patient/${patient}`))
  assert.deepEqual(await events('?patient=nobody'), [])
  assert.deepEqual(await events('?date=lt2020'), [])
  assert.ok((await events('?outcome=0')).every((event) => event.outcome === '0'))
  assert.equal((await look('/fhir/AuditEvent/1-999999')).status, 404)
  assert.equal((await look('/fhir/AuditEvent?date=never')).status, 400)
  const looks = await until('the look is noted', 3000, async () => {
    const found = (await events('?subtype=search')).filter((event) => entities(event).at(-1).startsWith('AuditEvent?patient='))
    return found.length > 0 && found
  })
  assert.equal(looks[0].agent[0].who.identifier.value, 'auditor')
})

await test('nobody writes it, and neither a site nor who is bound to a patient sees any of it', async () => {
  const body = JSON.stringify({ resourceType: 'AuditEvent' })
  assert.equal((await get('/fhir/AuditEvent', { method: 'POST', body })).status, 405)
  assert.equal((await get('/fhir/AuditEvent/1-1', { method: 'PUT', body })).status, 405)
  assert.equal((await get('/fhir/AuditEvent')).status, 403)
  const bound = instance.token('bound', 'patient/*.rs', '--patient', patient)
  assert.equal((await get('/fhir/AuditEvent', { token: bound })).status, 403)
  assert.equal((await get(`/fhir/AuditEvent/1-0`, { token: bound })).status, 403)
})

await test('who is turned away is noted, and a stranger cannot fill the disk', async () => {
  for (let i = 0; i < 60; i++) assert.equal((await get('/fhir/Patient', { token: 'x.y.z' })).status, 401)
  const narrow = instance.token('reader', 'system/Observation.rs')
  assert.equal((await get(`/fhir/Patient/${patient}`, { token: narrow })).status, 403)
  const refused = await until('the refusals are noted', 3000, async () => {
    const found = await events('?subtype=refuse&_count=500')
    return found.length > 0 && found
  })
  const logins = refused.filter((event) => event.outcomeDesc.startsWith('login'))
  assert.ok(logins.length > 0 && logins.length <= 20 * 4, String(logins.length)) // of each process
  assert.equal(logins[0].agent[0].role[0].coding[0].code, 'stranger')
  assert.equal(logins[0].agent[0].network.address, '127.0.0.1')
  assert.equal(logins[0].outcome, '4')
  assert.ok(!JSON.stringify(refused).includes('x.y.z'))
  const [activated] = await events('?subtype=activate')
  assert.match(entities(activated)[0], /^mappings\/[0-9a-f]{64}$/)
})

await test('a patient is told who got what', async () => {
  must(['message', 'show', directory, 'M1', '--raw'])
  const told = audit(['disclosures', patient])
  assert.ok(told.some((each) => each.who === 'reader' && each.act === 'read' && each.what.startsWith(`Patient/${patient}/`)))
  assert.ok(told.some((each) => each.role === 'account' && each.act === 'show' && each.message))
  assert.ok(told.every((each) => each.role !== 'feed'))
  assert.deepEqual(audit(['disclosures', 'nobody']), [])
  assert.deepEqual(audit(['disclosures', patient, '--to', '2020-01-01']), [])
})

await test('what is exported is signed, and a file that was changed is named', async () => {
  const file = join(directory, 'events.ndjson')
  const [{ events: count }] = audit(['export', file])
  const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(lines.length, count)
  assert.ok(lines.every((line) => line.resourceType === 'AuditEvent'))
  assert.equal(own(lines[0]), 'export')
  assert.deepEqual(audit(['verify', '--file', file]), [{ whole: true, events: count }])
  writeFileSync(file, readFileSync(file, 'utf8').replace('mission-ehr', 'somebody'))
  assert.equal(audit(['verify', '--file', file], 1)[0].words, 'the events are not those that were written')
  writeFileSync(file, '')
  assert.equal(audit(['verify', '--file', file], 1)[0].words, 'events are missing')
  const narrow = join(directory, 'narrow.ndjson')
  audit(['export', narrow, '--patient', patient, '--from', '2026-01-01'])
  assert.ok(readFileSync(narrow, 'utf8').trim().split('\n').every((line) => line.includes(`Patient/${patient}`)))
  audit(['export', narrow], 3) // it is there already
})

await test('the whole is sealed at the end and whole, also over a kill and a restart', async () => {
  await instance.stop('SIGKILL')
  await instance.serve()
  const again = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  await again.ask(adt({ id: 'M3', family: 'OTHER' }))
  again.destroy()
  await instance.stop()
  const [verdict] = audit(['verify'])
  assert.equal(verdict.whole, true)
  assert.ok(verdict.seals > 0)
  assert.ok(verdict.unsealed < 4, `${verdict.unsealed} rows came after the last seal`)
})

await test('what somebody with all rights does to it is named', async () => {
  const chain = sql("select chain from audit where kind = 'message' order by recorded limit 1")
  sql(`create table kept as select * from audit where chain = ${chain}`)
  const broken = (fault, place) => {
    const [verdict] = audit(['verify'], 1)
    assert.equal(verdict.whole, false)
    assert.deepEqual(verdict.findings.map((each) => [each.chain, each.place, each.fault]), [[Number(chain), place, fault]])
    assert.match(run(['audit', 'verify', directory]).stdout, new RegExp(`broken: chain ${chain} \\(door-\\d+/commit\\), row ${place}, ${fault}`))
    sql(`delete from audit where chain = ${chain}; insert into audit select * from kept`)
  }
  sql(`update audit set actor = 'somebody' where chain = ${chain} and place = 1`)
  broken('changed', 1)
  sql(`delete from audit where chain = ${chain} and place = 0`)
  broken('deleted', 0)
  sql(`delete from audit where chain = ${chain} and place > 0`)
  broken('cut off', 1)
  assert.equal(audit(['verify'])[0].whole, true)
})

assert.ok(existsSync(join(directory, 'secrets/audit.key')))
rmSync(join(directory, 'secrets/audit.key'))
await test('an instance of before gets its key at the first start, and seals of another key are not believed', async () => {
  await instance.serve()
  await sleep(500)
  assert.ok(existsSync(join(directory, 'secrets/audit.key')))
  assert.equal(audit(['verify'], 1)[0].findings[0].seal, 1)
  await instance.stop()
})

await finish()
