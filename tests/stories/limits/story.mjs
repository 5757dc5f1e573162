// One client can never eat the door: large answers, slow searches, who does not read, and what a
// client that may not read could learn all the same.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { Instance, portBase, sleep, until } from '../lib/instance.mjs'
import { frame, MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const all = 'system/*.cruds'
const MIB = 1 << 20
const instance = await Instance.make({
  base: portBase(60),
  sites: ['mission', 'harbor'],
  feeds: [
    ['bulk', 'mission', 'BULK/MISSION'],
    ['lab', 'harbor', 'LAB/HARBOR'],
  ],
  clients: [
    ['app', all, '--site', 'mission'],
    ['greedy', all, '--site', 'mission'],
    ['other', all, '--site', 'harbor'],
    ['writer', 'system/*.cu', '--site', 'harbor'],
    ['seeker', 'system/*.cus', '--site', 'harbor'],
    ['reader', 'system/Patient.rs'],
  ],
})
afterAll(() => instance.remove())
const settings = join(instance.directory, 'painbridge.xml')
// One door, so that all of it meets in one worker.
writeFileSync(
  settings,
  readFileSync(settings, 'utf8')
    .replace('<engine ', '<engine doors="1" ')
    .replace('<https ', '<https search-seconds="3" '),
)
await instance.serve()

const tokens = Object.fromEntries(
  [['app', all], ['greedy', all], ['other', all], ['writer', 'system/*.cu'], ['seeker', 'system/*.cus'], ['reader', 'system/Patient.rs']]
    .map(([name, scope]) => [name, instance.token(name, scope)]),
)
const as = (name) => (path, options = {}) => instance.request(path, { token: tokens[name], ...options })
const [app, greedy, other, writer, seeker, reader] = ['app', 'greedy', 'other', 'writer', 'seeker', 'reader'].map(as)
const post = (call, type, body, headers) => call(`/fhir/${type}`, { method: 'POST', body, headers })
const ids = ({ json }) => (json.entry ?? []).filter(({ search }) => search.mode === 'match').map(({ resource }) => resource.id)
const nextOf = ({ json }) => {
  const next = json.link.find(({ relation }) => relation === 'next')
  return next && new URL(next.url).pathname + new URL(next.url).search
}

function refused(answer, ...statuses) {
  assert.ok(statuses.includes(answer.status), `${answer.status}, wanted ${statuses}: ${answer.text.slice(0, 300)}`)
  assert.equal(answer.json?.resourceType, 'OperationOutcome')
  return answer.json.issue[0].code
}

const patient = (value, more) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:test', value }], ...more })
const bundle = (type, ...entry) => ({ resourceType: 'Bundle', type, entry })
const get = (url) => ({ request: { method: 'GET', url } })

// --- memory -----------------------------------------------------------------------------------

const door = () => engineProcesses(instance.child.pid).find(({ role }) => role === 'door').pid
// The most memory that was resident since the last forget().
const peakMib = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${door()}/status`, 'utf8'))[1]) / 1024
const forget = () => writeFileSync(`/proc/${door()}/clear_refs`, '5')
const sanitized = /asan/.test(readFileSync(`/proc/${door()}/maps`, 'utf8'))

async function within(mib, body) {
  forget()
  const before = peakMib()
  await body()
  const peak = peakMib()
  console.log(`        peak of the door: ${Math.round(before)} to ${Math.round(peak)} MiB`)
  if (sanitized) return
  assert.ok(peak - before < mib, `the door grew by ${Math.round(peak - before)} MiB`)
}

// A string has at most 1 MiB (FHIR R4 datatypes.html#string).
const large = (id, bytes) => ({
  resourceType: 'Organization',
  id,
  name: 'large',
  extension: ['x', 'y'].map((letter) => ({ url: 'urn:test', valueString: letter.repeat(bytes / 2) })),
})

await test('a page of large resources ends early and the pages cover all', async () => {
  for (let i = 0; i < 60; i++) {
    const id = `large-${String(i).padStart(2, '0')}`
    const answer = await app(`/fhir/Organization/${id}`, { method: 'PUT', body: large(id, 2 * MIB), headers: { prefer: 'return=minimal' } })
    assert.equal(answer.status, 201, answer.text)
  }
  await within(80, async () => {
    const seen = []
    let path = '/fhir/Organization?name=large&_count=500'
    while (path) {
      const page = await greedy(path)
      assert.equal(page.status, 200, page.text.slice(0, 300))
      assert.ok(page.text.length < 11 * MIB, `a page of ${page.text.length} bytes`)
      assert.ok(ids(page).length > 0)
      seen.push(...ids(page))
      path = nextOf(page)
    }
    assert.equal(seen.length, 60)
    assert.equal(new Set(seen).size, 60)
  })
})

await test('a history of large versions ends early too', async () => {
  for (let i = 0; i < 8; i++) {
    const body = large('large-00', 2 * MIB - 2 * i - 2)
    await app('/fhir/Organization/large-00', { method: 'PUT', body, headers: { prefer: 'return=minimal' } })
  }
  const seen = []
  let path = '/fhir/Organization/large-00/_history?_count=500'
  while (path) {
    const page = await greedy(path)
    assert.ok(page.text.length < 11 * MIB, `a page of ${page.text.length} bytes`)
    seen.push(...page.json.entry.map(({ resource }) => Number(resource.meta.versionId)))
    path = nextOf(page)
  }
  assert.deepEqual(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1])
})

await test('of a batch of many large reads those past the room of one answer are refused one by one', async () => {
  const entries = Array.from({ length: 500 }, (_, i) => get(`Organization/large-${String(i % 60).padStart(2, '0')}`))
  entries.push({ resource: patient('in the batch'), request: { method: 'POST', url: 'Patient' } })
  await within(80, async () => {
    const answer = await greedy('/fhir', { method: 'POST', body: bundle('batch', ...entries) })
    assert.equal(answer.status, 200, answer.text.slice(0, 300))
    assert.ok(answer.text.length < 20 * MIB, `${answer.text.length} bytes`)
    const statuses = answer.json.entry.map(({ response }) => response.status.slice(0, 3))
    assert.equal(statuses.length, 501)
    assert.equal(statuses[0], '200')
    assert.equal(statuses[499], '413')
    assert.equal(answer.json.entry[499].response.outcome.issue[0].code, 'too-costly')
    assert.equal(statuses[500], '201')
  })
})

// Holds a table, as a query that reads all of it would, until the returned function is called.
async function hold(table) {
  const password = readFileSync(join(instance.directory, 'secrets/owner.password'), 'utf8').trim()
  const place = `host=127.0.0.1 port=${instance.databasePort} dbname=painbridge user=painbridge_owner sslmode=require`
  const child = spawn('/usr/lib/postgresql/15/bin/psql', ['-qAt', place], { env: { ...process.env, PGPASSWORD: password } })
  const held = new Promise((done) => child.stdout.once('data', done))
  child.stdin.write(`begin; lock table ${table} in access exclusive mode; select 'held';\n`)
  await held
  return () => new Promise((done) => child.once('exit', done) && child.stdin.end('rollback;\n'))
}

// Asks and never reads the answer; end() lets go.
function deafClient(path) {
  const request = https.request({
    host: '127.0.0.1', port: instance.httpsPort, servername: 'localhost', path, agent: false,
    ca: readFileSync(instance.tls('ca').ca), headers: { authorization: `Bearer ${tokens.greedy}` },
  })
  request.on('error', () => {})
  request.on('response', (response) => response.pause())
  request.end()
  return () => request.destroy()
}

await test('clients that ask for much and never read hold what one client may, and others are served', async () => {
  let ends = []
  await within(250, async () => {
    ends = Array.from({ length: 80 }, () => deafClient('/fhir/Organization?name=large&_count=500'))
    await sleep(sanitized ? 12000 : 5000)
    const asked = Date.now()
    assert.equal((await other('/fhir/Organization/large-01')).status, 200)
    assert.equal((await instance.request('/readyz')).status, 200)
    assert.ok(Date.now() - asked < 3000, `${Date.now() - asked} ms`)
  })
  for (const end of ends) end()
  assert.equal((await greedy('/fhir/Organization/large-01')).status, 200)
})

// Begins a body and sends no more of it.
function slowClient(name) {
  const request = https.request({
    host: '127.0.0.1', port: instance.httpsPort, servername: 'localhost', path: '/fhir', method: 'POST', agent: false,
    ca: readFileSync(instance.tls('ca').ca),
    headers: { authorization: `Bearer ${tokens[name]}`, 'content-type': 'application/fhir+json', 'transfer-encoding': 'chunked' },
  })
  request.on('error', () => {})
  request.write('{"resource')
  return () => request.destroy()
}

await test('clients that announce bodies and send little of them take no room', async () => {
  const ends = ['app', 'greedy', 'other', 'writer'].flatMap((name) => Array.from({ length: 12 }, () => slowClient(name)))
  await sleep(2000)
  const asked = Date.now()
  for (const call of [greedy, other]) assert.equal((await call('/fhir/Organization/large-01')).status, 200)
  assert.equal((await app('/metrics')).status, 200)
  assert.ok(Date.now() - asked < 3000, `${Date.now() - asked} ms`)
  for (const end of ends) end()
})

await test('many large writes at once wait for each other and all are done', async () => {
  await within(300, async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => {
        const entries = Array.from({ length: 6 }, (_, j) => {
          const id = `bulk-${i}-${j}`
          return { resource: large(id, MIB), request: { method: 'PUT', url: `Organization/${id}` } }
        })
        return greedy('/fhir', { method: 'POST', body: bundle('transaction', ...entries) })
      }),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  })
})

// A message of about so many bytes, in observations: what takes most memory for its size.
const observed = (application, facility, id, bytes) => [
  `MSH|^~\\&|${application}|${facility}|PB|PB|20261122101500+0000||ORU^R01^ORU_R01|${id}|P|2.5.1`,
  `PID|1||${application}${id}^^^${facility}^MR||Roe^Ana||19800101|F`,
  `OBR|1|P${id}|F${id}|72514-3^Pain severity^LN|||20261122101500+0000`,
  'OBX|1|NM|72514-3^Pain severity^LN||5|{score}|||||F',
  ...Array.from({ length: Math.floor(bytes / 64) }, (_, i) => `OBX|${i + 2}|NM|8480-6^Systolic blood pressure^LN|${i}|120|mm[Hg]|||||F`),
].join('\r')

await test('a feed that sends large messages faster than they are stored is held back, and no other', async () => {
  const port = instance.mllpPort
  const peers = await Promise.all(Array.from({ length: 12 }, () => MllpPeer.connect({ port, ...instance.tls('bulk') })))
  const lab = await MllpPeer.connect({ port, ...instance.tls('lab') })
  const release = await hold('person')
  const each = 12
  await within(300, async () => {
    for (const [p, peer] of peers.entries())
      for (let i = 0; i < each; i++) peer.sendRaw(frame(observed('BULK', 'MISSION', `B${p}x${i}`, MIB / 8)))
    await sleep(sanitized ? 9000 : 4000)
  })
  await release()
  const answers = []
  for (const peer of peers)
    for (let i = 0; i < each; i++) answers.push((await peer.next(60000))?.toString('latin1') ?? 'nothing')
  for (const answer of answers) assert.match(answer, /\rMSA\|AA\|/)
  const quick = await lab.ask(observed('LAB', 'HARBOR', 'L1', 10), 30000)
  assert.equal(quick.code, 'AA', quick.raw)
  for (const peer of [...peers, lab]) peer.destroy()
})

// --- slow searches ----------------------------------------------------------------------------

// A clinic sees, and writes of, a patient of another one from when it is named in the care team.
const invite = async (id, site) => {
  const member = { identifier: { system: 'urn:painbridge:site', value: site } }
  const team = { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${id}` }, participant: [{ member }] }
  assert.equal((await post(app, 'CareTeam', team)).status, 201)
}

await test('while one client searches slowly another reads, searches and is ready as before', async () => {
  const { json } = await post(app, 'Patient', patient('quick'))
  await invite(json.id, 'harbor')
  const release = await hold('index_string')
  try {
    const began = Date.now()
    const slow = Array.from({ length: 30 }, () => greedy('/fhir/Patient?name=slow'))
    await sleep(300)
    for (let i = 0; i < 10; i++) {
      const asked = Date.now()
      assert.equal((await other(`/fhir/Patient/${json.id}`)).status, 200)
      assert.deepEqual(ids(await other('/fhir/Patient?identifier=urn:test|quick')), [json.id])
      assert.equal((await instance.request('/readyz')).status, 200)
      assert.ok(Date.now() - asked < 2000, `${Date.now() - asked} ms`)
    }
    // the slow client's own reads do not stand behind its searches either
    assert.equal((await greedy(`/fhir/Patient/${json.id}`)).status, 200)
    assert.ok(Date.now() - began < 9000)
    const codes = (await Promise.all(slow)).map((answer) => refused(answer, 504, 429))
    assert.ok(codes.includes('timeout'), `${codes}`)
    assert.ok(codes.includes('throttled'), `${codes}`)
  } finally {
    await release()
  }
  assert.equal((await greedy('/fhir/Patient?name=slow')).status, 200)
})

await test('what waits of one client is bounded, and a search has a bounded number of parts', async () => {
  const release = await hold('index_string')
  try {
    const answers = await Promise.all(Array.from({ length: 140 }, () => greedy('/fhir/Patient?name=slow')))
    const throttled = answers.filter(({ status }) => status === 429)
    assert.ok(throttled.length >= 30, `${throttled.length}`)
    assert.ok(throttled[0].headers['retry-after'])
  } finally {
    await release()
  }
  const form = (body) => app('/fhir/Observation/_search', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  const many = Array.from({ length: 4 }, () => `code=${Array(400).fill('1').join(',')}`).join('&')
  assert.equal(refused(await form(many), 413), 'too-costly')
  const began = Date.now()
  assert.equal((await form(Array.from({ length: 30 }, (_, i) => `code=c${i}`).join('&'))).status, 200)
  assert.ok(Date.now() - began < 5000)
  refused(await form(Array.from({ length: 10000 }, (_, i) => `a${i}=1`).join('&')), 400, 413)
})

await test('a transaction of many conditions is one client among others', async () => {
  const made = await post(app, 'Patient', patient('many'))
  assert.equal(made.status, 201)
  const entries = Array.from({ length: 300 }, () => ({
    resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient?identifier=urn:test|many' } },
    request: { method: 'POST', url: 'Observation' },
  }))
  const answer = await greedy('/fhir', { method: 'POST', body: bundle('transaction', ...entries) })
  assert.equal(answer.status, 200, answer.text.slice(0, 300))
  assert.equal((await app(`/fhir/Observation?patient=${made.json.id}&_summary=count`)).json.total, 300)
})

// --- who may write and not read ---------------------------------------------------------------

await test('a client that may write and not read is told the version and no word of the content', async () => {
  const { json } = await post(app, 'Patient', patient('seen', { gender: 'female' }))
  await invite(json.id, 'harbor')
  const silent = (answer, status) => {
    assert.equal(answer.status, status, answer.text)
    assert.equal(answer.text, '')
    assert.match(answer.headers.location, /\/Patient\/[^/]+\/_history\/\d+$/)
    assert.match(answer.headers.etag, /^W\/"\d+"$/)
  }
  const mine = { resourceType: 'Patient', id: json.id, birthDate: '1980-01-01' }
  for (const prefer of ['return=representation', 'return=minimal']) {
    const headers = { prefer }
    silent(await writer(`/fhir/Patient/${json.id}`, { method: 'PUT', body: mine, headers }), 200)
    silent(await post(writer, 'Patient', patient(`by writer ${prefer}`), headers), 201)
    silent(await post(seeker, 'Patient', patient('seen'), { ...headers, 'if-none-exist': 'identifier=urn:test|seen' }), 200)
    const entries = [
      { resource: mine, request: { method: 'PUT', url: `Patient/${json.id}` } },
      { resource: patient(`in one ${prefer}`), request: { method: 'POST', url: 'Patient' } },
    ]
    for (const type of ['transaction', 'batch']) {
      const sent = await writer('/fhir', { method: 'POST', body: bundle(type, ...entries), headers })
      assert.deepEqual(sent.json.entry.map(({ response }) => response.status.slice(0, 3)), ['200', '201'])
      for (const { resource, response } of sent.json.entry) {
        assert.equal(resource, undefined)
        assert.match(response.location, /_history/)
        assert.match(response.etag, /W/)
      }
    }
  }
  const outcome = await post(writer, 'Patient', patient('with words'), { prefer: 'return=OperationOutcome' })
  assert.equal(outcome.json.resourceType, 'OperationOutcome')
  // who may read gets what is in force, of both sites
  const read = await other(`/fhir/Patient/${json.id}`, { method: 'PUT', body: mine })
  assert.equal(read.json.gender, 'female')
})

// --- as an attacker with a token that may do little ---------------------------------------------

const put = (call, path, body, headers) => call(`/fhir/${path}`, { method: 'PUT', body, headers })
const observation = (reference) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference } })

await test('a condition tells nobody who may not search whether there is a match', async () => {
  assert.equal((await post(app, 'Patient', patient('there'))).status, 201)
  for (const value of ['there', 'nowhere']) {
    const query = `identifier=urn:test|${value}`
    const tries = [
      post(writer, 'Patient', patient(value), { 'if-none-exist': query }),
      put(writer, `Patient?${query}`, patient(value)),
      post(writer, 'Observation', observation(`Patient?${query}`)),
      writer('/fhir', { method: 'POST', body: bundle('transaction', { resource: observation(`Patient?${query}`), request: { method: 'POST', url: 'Observation' } }) }),
      writer('/fhir', { method: 'POST', body: bundle('transaction', { resource: patient(value), request: { method: 'POST', url: 'Patient', ifNoneExist: query } }) }),
      reader(`/fhir/Observation?patient.identifier=${value}`),
      reader(`/fhir/Patient/_search`, { method: 'POST', body: `_has:Observation:patient:code=${value}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ]
    const answers = await Promise.all(tries)
    assert.deepEqual(answers.map(({ status }) => status), [403, 403, 403, 403, 403, 403, 400])
    for (const { text } of answers) assert.doesNotMatch(text, /there|nowhere|urn:test/)
  }
  assert.equal((await app('/fhir/Patient?identifier=urn:test|nowhere&_summary=count')).json.total, 0)
})

await test('a page belongs to who asks for it, wherever its link came from', async () => {
  const page = await app('/fhir/Observation?_count=1')
  const cursor = new URL(nextOf(page), 'https://x').searchParams.get('_cursor')
  refused(await reader(nextOf(page)), 403)
  assert.equal((await reader(`/fhir/Patient?_count=1&_cursor=${cursor}`)).json.entry?.[0].resource.resourceType ?? 'Patient', 'Patient')
  for (const wrong of ['AAAA', '', '%00', 'x'.repeat(200), `${cursor}A`]) refused(await reader(`/fhir/Patient?_cursor=${wrong}`), 400)
})

await test('counts are bounded, and what is no number is refused', async () => {
  assert.equal((await reader('/fhir/Patient?_count=0')).json.entry, undefined)
  assert.equal((await app('/fhir/Organization?_count=4000000000')).status, 200)
  for (const wrong of ['-1', '1e3', '%2B1', '', '18446744073709551616']) refused(await reader(`/fhir/Patient?_count=${wrong}`), 400)
  assert.ok(ids(await reader('/fhir/Patient?_count=1&_count=500')).length <= 1)
})

await test('nothing of another type comes along', async () => {
  const made = await post(app, 'Patient', patient('along'))
  await post(app, 'Observation', observation(`Patient/${made.json.id}`))
  for (const more of ['_revinclude=Observation:subject', '_include=*', '_revinclude=*', '_contained=both', '_elements=*']) {
    const { json, status } = await reader(`/fhir/Patient?identifier=urn:test|along&${more}`)
    assert.equal(status, 200)
    assert.deepEqual(json.entry.map(({ resource }) => resource.resourceType), ['Patient', 'OperationOutcome'])
  }
})

await test('a path is read in one way only', async () => {
  const { id } = (await post(app, 'Patient', patient('path'))).json
  const wrong = [`Patient%2f${id}`, `Patient%2F..%2FObservation`, `Patient%5c${id}`, 'Patient/..', 'Patient/%2e%2e/Observation', `Patient/${id}%00`, `Patient/${id}%0a`]
  for (const path of wrong) refused(await app(`/fhir/${path}`), 400)
  for (const path of [`/Patient/${id}`, `Patient//${id}`, `Patient/${id}//`, `patient/${id}`, `Patient/${id.toUpperCase()}`, `Observation/${id}`, `Observation/${id}/_history`, `Patient/${id};x`, `Patient/${id}%20`, `Patient/${id}/_history/0`, `Patient/${id}/_history/99999999999`])
    refused(await app(`/fhir/${path}`), 404)
  refused(await app(`//fhir/Patient/${id}`), 404)
  const inBatch = async (url) => (await app('/fhir', { method: 'POST', body: bundle('batch', get(url)) })).json.entry[0].response.status.slice(0, 3)
  assert.equal(await inBatch(`Patient/${id}`), '200')
  for (const path of wrong.filter((path) => path !== 'Patient/..' && !path.includes('2e'))) assert.equal(await inBatch(path), '400', path)
  for (const path of ['../metrics', 'metrics', '/fhir/Patient', `Observation/../Patient/${id}`, `https://localhost/fhir/Patient/${id}`]) assert.equal(await inBatch(path), '404', path)
})

await test('a method is what the request line says', async () => {
  const headers = { 'x-http-method-override': 'PUT', 'x-http-method': 'PUT', 'x-method-override': 'PUT' }
  refused(await reader('/fhir/Patient/overridden', { headers }), 404)
  refused(await reader('/fhir/Patient', { method: 'POST', body: patient('x'), headers: { 'x-http-method-override': 'GET' } }), 403)
  const options = await reader('/fhir/Patient', { method: 'OPTIONS' })
  refused(options, 405)
  assert.equal(options.headers.allow, 'GET, HEAD, POST, PUT')
  assert.equal((await reader('/fhir/Observation', { method: 'HEAD' })).status, 403)
})

await test('long addresses, many parameters and huge conditions are refused', async () => {
  refused(await reader(`/fhir/Patient?identifier=${'a'.repeat(9000)}`), 414)
  refused(await reader(`/fhir/Patient?${Array(2000).fill('a=1').join('&')}`), 400)
  const query = Array(3000).fill('identifier=x').join('&')
  refused(await app('/fhir', { method: 'POST', body: bundle('transaction', { resource: patient('huge'), request: { method: 'POST', url: 'Patient', ifNoneExist: query } }) }), 413)
  refused(await post(app, 'Observation', observation(`Patient?${query}`)), 413)
})

// Announces a large body and sends none of it: what comes back, and that nothing more is wanted.
function announce(path, { method = 'POST', token, bytes = 4 * MIB }) {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: '127.0.0.1', port: instance.httpsPort, servername: 'localhost', path, method, agent: false,
      ca: readFileSync(instance.tls('ca').ca),
      headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/fhir+json', 'content-length': bytes, expect: '100-continue' },
    })
    request.on('error', reject)
    request.on('continue', () => reject(new Error('the body is wanted')))
    request.on('response', async (response) => {
      let text = ''
      for await (const part of response) text += part
      resolve({ status: response.statusCode, headers: response.headers, text, json: JSON.parse(text) })
      request.destroy()
    })
    request.flushHeaders()
  })
}

await test('who it is and what it may comes before how large its body is', async () => {
  refused(await reader('/fhir/Patient', { method: 'POST', body: '{'.repeat(60000) }), 403)
  const forbidden = await announce('/fhir/Patient', { token: tokens.reader })
  assert.equal(refused(forbidden, 403), 'forbidden')
  assert.match(forbidden.headers['www-authenticate'], /insufficient_scope/)
  const none = await announce('/fhir/Patient', {})
  assert.equal(refused(none, 401), 'login')
  assert.equal(none.headers['www-authenticate'], 'Bearer realm="painbridge"')
  const wrong = await announce('/fhir', { token: `${tokens.app}x` })
  refused(wrong, 401)
  assert.match(wrong.headers['www-authenticate'], /invalid_token/)
  refused(await announce('/fhir/NoSuchType', { token: tokens.app }), 404)
  refused(await announce('/nowhere', { token: tokens.app }), 404)
  const method = await announce('/fhir/Patient/1', { method: 'DELETE', token: tokens.app })
  refused(method, 405)
  assert.equal(method.headers.allow, 'GET, HEAD, PUT')
  refused(await announce('/fhir/Patient', { token: tokens.app, bytes: 400 * MIB }), 413)
})

await test('a condition on a write is judged or refused, never left out', async () => {
  const body = { resourceType: 'Organization', id: 'guarded', name: 'first' }
  assert.equal((await put(app, 'Organization/guarded', body, { 'if-none-match': '*' })).status, 201)
  refused(await put(app, 'Organization/guarded', { ...body, name: 'second' }, { 'if-none-match': '*' }), 412)
  refused(await put(app, 'Organization/guarded', body, { 'if-none-match': 'W/"1"' }), 400)
  refused(await put(app, 'Organization/guarded2', { ...body, id: 'guarded2' }, { 'if-match': '*' }), 400)
  for (const wrong of ['W/"0"', 'W/"-1"', 'W/"99999999999999999999"', '"abc"', 'W/"2"']) refused(await put(app, 'Organization/guarded', body, { 'if-match': wrong }), 412)
  for (const wrong of ['1', 'W/""', 'W/"1", W/"2"']) refused(await put(app, 'Organization/guarded', body, { 'if-match': wrong }), 400)
  refused(await put(app, 'Organization/guarded', body, { 'if-match': ['W/"9"', 'W/"1"'] }), 400, 412)
  refused(await post(app, 'Patient', patient('twofold'), { 'if-none-exist': ['identifier=urn:test|there', 'identifier=urn:test|no'] }), 400, 412)
  const guards = ['if-match', 'if-none-match', 'if-none-exist']
  for (const name of guards) {
    refused(await put(app, 'Organization/guarded', { ...body, name: 'empty' }, { [name]: '' }), 400)
    refused(await post(app, 'Patient', patient('empty'), { [name]: ' ' }), 400)
  }
  for (const twice of [['*', '*'], ['W/"1"', '*'], ['*', '']]) {
    refused(await put(app, 'Organization/guarded', { ...body, name: 'twice' }, { 'if-none-match': twice }), 400)
    refused(await post(app, 'Patient', patient('twice'), { 'if-none-match': twice }), 400)
  }
  for (const value of ['empty', 'twice']) assert.equal((await app(`/fhir/Patient?identifier=urn:test|${value}&_summary=count`)).json.total, 0)
  // on a read it is a list, which may be empty or come in parts
  for (const list of ['', ['W/"1"', 'W/"7"']]) assert.ok([200, 304].includes((await app('/fhir/Organization/guarded', { headers: { 'if-none-match': list } })).status))
  for (const type of ['transaction', 'batch'])
    for (const empty of [{ ifNoneMatch: '' }, { ifMatch: '' }, { ifNoneExist: '' }]) {
      const put = { resource: { ...body, name: 'empty' }, request: { method: 'PUT', url: 'Organization/guarded', ...empty } }
      const post = { resource: patient('empty'), request: { method: 'POST', url: 'Patient', ...empty } }
      for (const entry of [put, post]) {
        const answer = await app('/fhir', { method: 'POST', body: bundle(type, entry) })
        assert.ok(answer.status === 400 || answer.json.entry[0].response.status.startsWith('400'), `${type} ${JSON.stringify(empty)}: ${answer.text}`)
      }
    }
  for (const type of ['transaction', 'batch']) {
    const entry = { resource: { ...body, name: 'third' }, request: { method: 'PUT', url: 'Organization/guarded', ifNoneMatch: '*' } }
    const answer = await app('/fhir', { method: 'POST', body: bundle(type, entry) })
    assert.ok(answer.status === 412 || answer.json.entry[0].response.status.startsWith('412'), answer.text)
  }
  assert.equal((await app('/fhir/Organization/guarded')).json.name, 'first')
  assert.equal((await put(app, 'Patient?identifier=urn:test|format&_format=json&_pretty=true', patient('format'))).status, 201)
})

// --- one person known to v2, and a client that writes her again ----------------------------------

await test('a Patient with the identifiers of a v2 person is a person of its own, and harms neither', async () => {
  const lab = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('lab') })
  assert.equal((await lab.ask(observed('LAB', 'HARBOR', 'SAME1', 100), 30000)).code, 'AA')
  const known = (await other('/fhir/Patient?identifier=LABSAME1')).json.entry[0].resource
  const { identifier } = known
  const again = { resourceType: 'Patient', identifier, gender: 'male' }
  const condition = { 'if-none-exist': 'identifier=LABSAME1' }
  assert.equal((await post(other, 'Patient', again, condition)).json.id, known.id)
  const made = await post(other, 'Patient', again)
  assert.equal(made.status, 201)
  assert.notEqual(made.json.id, known.id)
  assert.deepEqual((await other(`/fhir/Patient/${known.id}`)).json, known)
  assert.equal((await lab.ask(observed('LAB', 'HARBOR', 'SAME2', 100).replaceAll('LABSAME2', 'LABSAME1'), 30000)).code, 'AA')
  assert.equal((await other(`/fhir/Observation?patient=${made.json.id}&_summary=count`)).json.total, 0)
  assert.equal((await other('/fhir/Patient?identifier=LABSAME1')).json.total, 2)
  refused(await post(other, 'Patient', again, condition), 412)
  lab.destroy()
})

await finish()
