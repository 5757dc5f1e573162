// The link to the database is lost in the middle of a COMMIT that goes on at the server. What cannot
// be known is not said: no AA, no AR, no 201, and no "nothing was changed". What can be known is
// waited for. And the other way: what is one message's fault is not taken for the database's.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, portBase, sleep, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { Proxy } from '../lib/proxy.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(60),
  feeds: [['mission-ehr', 'mission', 'NEXTEHR/MISSION', '--set', 'on_storage_failure=ar', '--set', 'storage_grace=2']],
  clients: [['writer', 'system/*.cruds', '--site', 'mission']],
})
afterAll(() => instance.remove())

function sql(text) {
  const result = spawnSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', text], {
    env: {
      ...process.env,
      PGHOST: 'localhost',
      PGPORT: String(instance.databasePort),
      PGDATABASE: 'painbridge',
      PGUSER: 'postgres',
      PGPASSWORD: readFileSync(join(instance.directory, 'secrets/superuser.password'), 'utf8').trim(),
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: instance.tls('ca').ca,
    },
  })
  if (result.status !== 0) throw new Error(result.stderr.toString())
  return result.stdout.toString().trim()
}

// Every COMMIT that has made a resource takes so long.
function slowCommit(seconds) {
  sql(`create or replace function slow() returns trigger language plpgsql as
       $$ begin perform pg_sleep(${seconds}); return null; end $$;
       drop trigger if exists slow on resource;
       create constraint trigger slow after insert on resource deferrable initially deferred
       for each row execute function slow()`)
}

const inCommit = () =>
  until('a COMMIT is under way', 10000, () => sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") !== '0')
const committed = () =>
  until('the COMMIT has ended', 20000, () => sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") === '0')

const proxyPort = portBase(64)
const settings = join(instance.directory, 'painbridge.xml')
writeFileSync(settings, readFileSync(settings, 'utf8').replace(String(instance.databasePort), String(proxyPort)))
const proxy = await Proxy.listen({ port: proxyPort, to: instance.databasePort })
afterAll(() => proxy.end())
await instance.serve()
const token = instance.token('writer', 'system/*.cruds')
const patient = (value) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:test', value }], active: true })
const found = async (value) => (await instance.request(`/fhir/Patient?identifier=urn:test|${value}`, { token })).json.entry?.length ?? 0
const ready = () => until('ready', 20000, async () => (await instance.request('/readyz')).status === 200)

await test('a create whose COMMIT went on without us is answered 201', async () => {
  slowCommit(1)
  const answer = instance.request('/fhir/Patient', { method: 'POST', token, body: patient('S1') })
  await inCommit()
  proxy.cut()
  assert.equal((await answer).status, 201)
  assert.equal(await found('S1'), 1)
})

await test('a create whose end cannot be learnt in time is not said to have changed nothing', async () => {
  await ready()
  slowCommit(13) // the grace of a request is ten seconds
  const pending = instance.request('/fhir/Patient', { method: 'POST', token, body: patient('S2') })
  await inCommit()
  proxy.cut()
  const answer = await pending
  assert.equal(answer.status, 503)
  assert.equal(answer.headers['retry-after'], undefined)
  const issue = answer.json.issue[0]
  assert.equal(issue.code, 'timeout')
  assert.match(answer.text, /may have been done/)
  assert.doesNotMatch(answer.text, /nothing was changed/)
  await committed()
  assert.equal(await found('S2'), 1)
  const again = await instance.request('/fhir/Patient', { method: 'POST', token, body: patient('S2'), headers: { 'if-none-exist': 'identifier=urn:test|S2' } })
  assert.equal(again.status, 200)
})

await test('a transaction too', async () => {
  await ready()
  const entry = [{ resource: patient('S3'), request: { method: 'POST', url: 'Patient' } }]
  const pending = instance.request('/fhir', { method: 'POST', token, body: { resourceType: 'Bundle', type: 'transaction', entry } })
  await inCommit()
  proxy.cut()
  const answer = await pending
  assert.equal(answer.status, 503)
  assert.equal(answer.json.issue[0].code, 'timeout')
  await committed()
  assert.equal(await found('S3'), 1)
})

await test('a message whose end cannot be learnt gets no answer, though the feed asks for AR', async () => {
  await ready()
  slowCommit(3)
  const first = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const content = adt({ id: 'L-1', mrn: 'L1' })
  const pending = first.ask(content, 15000)
  await inCommit()
  proxy.cut()
  assert.equal(await pending, null)
  assert.ok(first.closed)
  await committed()
  const second = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  assert.equal((await second.ask(content, 15000)).code, 'AA')
  assert.equal(sql("select count(*) from inbox where status = 'accepted'"), '1')
  second.end()
})

await test('what fails for one message alone is refused, and stops nobody', async () => {
  slowCommit(0)
  sql(`create function fail() returns trigger language plpgsql as
       $$ begin raise 'damaged' using errcode = 'XX001'; end $$;
       create trigger fail before insert on resource for each row when (new.body like '%DAMAGED%')
       execute function fail()`)
  const [bad, good] = await Promise.all(
    [1, 2].map(() => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })),
  )
  const answers = await Promise.all([
    bad.ask(adt({ id: 'D-1', mrn: 'D1', family: 'DAMAGED' })),
    good.ask(adt({ id: 'D-2', mrn: 'D2' })),
  ])
  assert.deepEqual(answers.map(({ code }) => code), ['AR', 'AA'])
  assert.equal(answers[0].errors[0].code, '207')
  assert.equal((await instance.request('/readyz')).status, 200)
  assert.equal(sql("select string_agg(status, ',' order by control_id) from inbox where encode(control_id, 'escape') like 'D-%'"), 'rejected,accepted')
  sql('drop trigger fail on resource')
  assert.equal((await bad.ask(adt({ id: 'D-1', mrn: 'D1', family: 'DAMAGED' }))).code, 'AA')
  for (const peer of [bad, good]) peer.end()
})

await test('a message that is known not to be stored is answered AR there', async () => {
  slowCommit(0)
  proxy.close()
  await sleep(200)
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('mission-ehr') })
  const answer = await peer.ask(adt({ id: 'L-2', mrn: 'L1' }), 15000)
  assert.equal(answer.code, 'AR')
  assert.equal(answer.errors[0].code, '207')
})

await finish()
