// How systems come in: an assertion signed with a registered key for a short token, once; and every
// way in which somebody else would try.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { haveShared, Instance, must, portBase, program, repository, run, shared, sleep, until } from '../lib/instance.mjs'
import { readCsv } from '../lib/csv.mjs'
import { assertionClaims, jwks, makeHmacJwt, makeJwt, makeKey, seconds, unsigned } from '../lib/jwt.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'
import { KeyServer } from './issuers.mjs'

const keys = { rsa: makeKey('RS384', 'rsa-1'), curve: makeKey('ES384', 'curve-1'), pinned: makeKey('RS256', 'old-1') }
const stranger = makeKey('RS384', 'rsa-1')
const instance = await Instance.make({
  base: portBase(80),
  sites: ['mission'],
  clients: [['hand', 'system/*.cruds', '--site', 'mission']],
})
afterAll(() => instance.remove())
const issuer = `https://localhost:${instance.httpsPort}`
const endpoint = `${issuer}/oauth/token`

function addClient(name, scope, text) {
  const file = join(instance.top, `${name}.json`)
  writeFileSync(file, text)
  must(['client', 'add', instance.directory, name, '--scope', scope, '--site', 'mission', '--jwks', file])
}
addClient('robot', 'system/*.rs', jwks(keys.rsa, keys.curve))
addClient('legacy', 'system/Patient.rs', jwks(keys.pinned))
const bare = makeKey('RS384', 'bare-1')
delete bare.jwk.alg
addClient('bare', 'system/Patient.rs', jwks(bare))

// An EHR that publishes its clients' keys and issues tokens of its own; and a login that is asked.
const remote = new KeyServer(instance.httpsPort + 6)
await remote.listen(instance)
afterAll(() => remote.close())
const far = { client: makeKey('ES384', 'far-1'), ehr: makeKey('RS256', 'ehr-1') }
delete far.ehr.jwk.alg // as issuers do
const page = (body, headers) => () => ({ body, headers })
remote.pages.set('/client', page(jwks(far.client), { 'cache-control': 'max-age=3600' }))
remote.pages.set('/ehr', page(jwks(far.ehr)))
remote.pages.set('/moved', () => ({ status: 302, headers: { location: `${remote.url}/client` }, body: '' }))
remote.pages.set('/large', page(jwks(far.client).replace('{', `{"pad":"${'x'.repeat(70000)}",`)))
const tokens = new Map() // of the login: token -> what it says
remote.pages.set('/introspect', (body, request) => {
  assert.equal(request.headers.authorization, `Basic ${Buffer.from('bridge:s3cret').toString('base64')}`)
  return { body: JSON.stringify(tokens.get(new URLSearchParams(body).get('token')) ?? { active: false }) }
})
for (const name of ['client', 'moved', 'large']) {
  must(['client', 'add', instance.directory, `far-${name}`, '--scope', 'system/*.rs', '--jwks', `${remote.url}/${name}`])
}
const secret = join(instance.top, 'login.secret')
writeFileSync(secret, 's3cret\n')
must(['issuer', 'add', instance.directory, `${remote.url}/ehr`, '--name', 'ehr', '--site', 'mission',
  '--jwks', `${remote.url}/ehr`, '--audience', `${issuer}/fhir`, '--scope', 'system/Patient.rs system/Goal.cruds'])
must(['issuer', 'add', instance.directory, `${remote.url}/login`, '--name', 'login', '--scope', 'system/Patient.rs',
  '--introspection', `${remote.url}/introspect`, '--introspection-client', 'bridge', '--introspection-secret', secret])
const settings = join(instance.directory, 'painbridge.xml')
writeFileSync(settings, readFileSync(settings, 'utf8').replace('<tokens/>', '<tokens authorities="tls/ca.pem"/>'))
await instance.serve()

const form = (fields) => new URLSearchParams(fields).toString()
const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const grantForm = (assertion, scope = 'system/Patient.rs', more = {}) =>
  form({ grant_type: 'client_credentials', scope, client_assertion_type: bearerType, client_assertion: assertion, ...more })
const ask = (body, headers = {}) =>
  instance.request('/oauth/token', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
const assertion = (client, key, more, options) => makeJwt(key, assertionClaims(client, endpoint, more), options)
const grant = (client, key, scope, more) => ask(grantForm(assertion(client, key), scope, more))

// Who says to be a client that is not known here is soon put off; a new process has not counted yet.
async function askAnew(make) {
  const answer = await ask(make())
  if (answer.status !== 429) return answer
  await instance.stop()
  await instance.serve()
  return ask(make())
}

function refused(answer, status, error) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.error, error, answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(typeof answer.json.error_description, 'string')
}

await test('what is served is said where SMART says', async () => {
  for (const path of ['/fhir/.well-known/smart-configuration', '/.well-known/smart-configuration']) {
    const { status, json, headers } = await instance.request(path)
    assert.equal(status, 200)
    assert.match(headers['content-type'], /^application\/json/)
    assert.equal(json.token_endpoint, endpoint)
    assert.deepEqual(json.grant_types_supported, ['client_credentials'])
    assert.deepEqual(json.token_endpoint_auth_methods_supported, ['private_key_jwt'])
    for (const alg of ['RS384', 'ES384']) assert.ok(json.token_endpoint_auth_signing_alg_values_supported.includes(alg))
    assert.ok(json.capabilities.includes('client-confidential-asymmetric'))
  }
})

await test('a client gets a short token for its assertion, and comes in with it', async () => {
  for (const key of [keys.rsa, keys.curve]) {
    const { status, json, headers } = await grant('robot', key, 'system/Patient.rs')
    assert.equal(status, 200)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers.pragma, 'no-cache')
    assert.equal(json.token_type, 'bearer')
    assert.equal(json.expires_in, 300)
    assert.equal(json.scope, 'system/Patient.rs')
    assert.equal((await instance.request('/fhir/Patient', { token: json.access_token })).status, 200)
    assert.equal((await instance.request('/fhir/Observation', { token: json.access_token })).status, 403)
  }
})

await test('a key is good for the algorithm it is bound to, and for no other', async () => {
  assert.equal((await grant('legacy', keys.pinned)).status, 200)
  assert.equal((await grant('bare', bare)).status, 200)
  const other = (client, key, alg) => ask(grantForm(makeJwt(key, assertionClaims(client, endpoint), { alg })))
  refused(await other('legacy', keys.pinned, 'RS384'), 401, 'invalid_client')
  refused(await other('robot', keys.rsa, 'RS256'), 401, 'invalid_client')
  refused(await other('robot', keys.rsa, 'PS384'), 401, 'invalid_client')
  refused(await other('bare', bare, 'RS256'), 401, 'invalid_client')
})

await test('no more is granted than is allowed, and the answer says what', async () => {
  const some = await grant('robot', keys.rsa, 'system/Patient.rs system/Goal.cruds openid system/Observation.r')
  assert.equal(some.json.scope, 'system/Patient.rs system/Observation.r')
  for (const scope of ['system/*.cruds', 'openid', 'system/Patient.sr', 'user/Patient.rs', '']) {
    refused(await grant('robot', keys.rsa, scope), 400, 'invalid_scope')
  }
})

await test('a request that is none is told so in the words of RFC 6749', async () => {
  const good = () => assertion('robot', keys.rsa)
  refused(await ask(''), 400, 'invalid_request')
  refused(await ask(form({ scope: 'system/Patient.rs' })), 400, 'invalid_request')
  refused(await ask(form({ grant_type: 'authorization_code' })), 400, 'unsupported_grant_type')
  refused(await ask(`${grantForm(good())}&scope=system/*.rs`), 400, 'invalid_request')
  refused(await ask(grantForm(good()), { 'content-type': 'application/json' }), 400, 'invalid_request')
  refused(await ask(`${grantForm(good())}&x=%FF`), 400, 'invalid_request')
  refused(await ask(grantForm(good(), undefined, { client_id: 'legacy' })), 401, 'invalid_client')
  assert.equal((await ask(grantForm(good(), undefined, { client_id: 'robot' }))).status, 200)
  const basic = await ask(form({ grant_type: 'client_credentials' }), { authorization: 'Basic cm9ib3Q6eA==' })
  refused(basic, 401, 'invalid_client')
  assert.match(basic.headers['www-authenticate'], /^Basic /)
  assert.equal((await instance.request('/oauth/token')).status, 405)
  const large = await ask(grantForm(good(), 'x'.repeat(100000)))
  assert.equal(large.status, 413)
})

// Each: what is sent for the client robot. All of them are invalid_client.
const publicPem = keys.rsa.publicKey.export({ type: 'spki', format: 'pem' })
const claims = (more) => assertionClaims('robot', endpoint, more)
const raw = (more) => JSON.stringify(claims()).replace(/}$/, `,${more}}`)
const attacks = {
  'alg none': () => unsigned(claims()),
  'alg None': () => unsigned(claims(), { alg: 'None' }),
  'no alg': () => unsigned(claims(), { typ: 'JWT' }),
  'HMAC with the public key as PEM': () => makeHmacJwt(keys.rsa, claims(), publicPem),
  'HMAC with the public key as JWK': () => makeHmacJwt(keys.rsa, claims(), JSON.stringify(keys.rsa.jwk)),
  "another's key under the same kid": () => makeJwt(stranger, claims()),
  'an unknown kid': () => makeJwt(keys.rsa, claims(), { header: { kid: 'rsa-9' } }),
  'a kid that is a path': () => makeJwt(keys.rsa, claims(), { header: { kid: '../../dev/null' } }),
  'a kid that is SQL': () => makeJwt(keys.rsa, claims(), { header: { kid: "' or 1=1 --" } }),
  'a kid that is a number': () => makeJwt(keys.rsa, claims(), { header: { kid: 1 } }),
  'a key in the header': () => makeJwt(stranger, claims(), { header: { jwk: stranger.jwk } }),
  'jku elsewhere': () => makeJwt(stranger, claims(), { header: { jku: 'https://localhost/keys.json' } }),
  'x5u elsewhere': () => makeJwt(stranger, claims(), { header: { x5u: 'https://localhost/cert.pem' } }),
  crit: () => makeJwt(keys.rsa, claims(), { header: { crit: ['exp'], exp: 1 } }),
  b64: () => makeJwt(keys.rsa, claims(), { header: { b64: false, crit: ['b64'] } }),
  nested: () => makeJwt(keys.rsa, makeJwt(keys.rsa, claims()), { header: { cty: 'JWT' } }),
  'a JWE': () => 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d',
  'JSON serialization': () => JSON.stringify({ payload: 'e30', signatures: [] }),
  oversized: () => makeJwt(keys.rsa, claims({ pad: 'x'.repeat(20000) })),
  expired: () => makeJwt(keys.rsa, claims({ exp: seconds() - 86400 })),
  'without exp': () => makeJwt(keys.rsa, claims({ exp: undefined })),
  'exp too far': () => makeJwt(keys.rsa, claims({ exp: seconds() + 3600 })),
  'exp as text': () => makeJwt(keys.rsa, claims({ exp: `${seconds() + 200}` })),
  'exp with an exponent': () => makeJwt(keys.rsa, raw('"nbf":1e1').replace(/"exp":(\d+)/, '"exp":$1e0')),
  'exp negative': () => makeJwt(keys.rsa, claims({ exp: -1 })),
  'exp twice': () => makeJwt(keys.rsa, raw(`"exp":${seconds() + 100}`)),
  'iss twice': () => makeJwt(keys.rsa, raw('"iss":"robot"')),
  'not before tomorrow': () => makeJwt(keys.rsa, claims({ nbf: seconds() + 86400 })),
  'issued tomorrow': () => makeJwt(keys.rsa, claims({ iat: seconds() + 86400 })),
  'without jti': () => makeJwt(keys.rsa, claims({ jti: undefined })),
  'jti as a number': () => makeJwt(keys.rsa, claims({ jti: 7 })),
  'aud of another server': () => makeJwt(keys.rsa, claims({ aud: 'https://elsewhere/oauth/token' })),
  'aud of the FHIR base': () => makeJwt(keys.rsa, claims({ aud: `${issuer}/fhir` })),
  'aud as a list without us': () => makeJwt(keys.rsa, claims({ aud: ['https://elsewhere/oauth/token'] })),
  'aud as a list in a list': () => makeJwt(keys.rsa, claims({ aud: [[endpoint]] })),
  'without aud': () => makeJwt(keys.rsa, claims({ aud: undefined })),
  'sub another client': () => makeJwt(keys.rsa, claims({ sub: 'legacy' })),
  'iss another client': () => makeJwt(keys.rsa, claims({ iss: 'legacy', sub: 'legacy' })),
  'a client that does not exist': () => makeJwt(keys.rsa, claims({ iss: 'nobody', sub: 'nobody' })),
  'no JSON': () => makeJwt(keys.rsa, 'claims'),
  'a list': () => makeJwt(keys.rsa, [claims()]),
  'text after it': () => `${makeJwt(keys.rsa, claims())}.e30`,
  padded: () => makeJwt(keys.rsa, claims()).replace(/\.([^.]+)$/, '.$1='),
}

await test('every attack on an assertion is invalid_client, over the real door', async () => {
  assert.equal((await grant('robot', keys.rsa)).status, 200) // from here on it is not put off
  for (const [name, make] of Object.entries(attacks)) {
    const answer = await askAnew(() => grantForm(make()))
    assert.equal(`${name}: ${answer.status} ${answer.json?.error}`, `${name}: 401 invalid_client`)
  }
  assert.equal((await grant('robot', keys.rsa)).status, 200)
})

await test('an assertion as a bearer token is no token, and a token no assertion', async () => {
  const as = await instance.request('/fhir/Patient', { token: assertion('robot', keys.rsa) })
  assert.equal(as.status, 401)
  assert.match(as.headers['www-authenticate'], /invalid_token/)
  const { json } = await grant('robot', keys.rsa)
  refused(await askAnew(() => grantForm(json.access_token)), 401, 'invalid_client')
})

await test('an assertion is good once, on every connection at the same time', async () => {
  const one = assertion('robot', keys.rsa)
  const agent = new https.Agent({ maxSockets: 20 })
  instance.agent = agent
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(grantForm(one))))
  instance.agent = undefined
  agent.destroy()
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  // A door to which this client never came before may put one of so many failures off (429).
  const others = answers.filter(({ status }) => status !== 200)
  assert.ok(others.every(({ status, json }) => json.error === 'invalid_client' || status === 429), JSON.stringify(others.map(({ status }) => status)))
  assert.ok(others.filter(({ json }) => json.error === 'invalid_client').length >= 5)
})

await test('an assertion is good once, also after a restart', async () => {
  const one = assertion('robot', keys.rsa)
  assert.equal((await ask(grantForm(one))).status, 200)
  await instance.stop()
  await instance.serve()
  refused(await ask(grantForm(one)), 401, 'invalid_client')
  assert.equal((await grant('robot', keys.curve)).status, 200)
})

await test('who is wrong again and again is put off, and the client he named is not', async () => {
  const wrong = () => ask(grantForm(makeJwt(stranger, assertionClaims('nobody', endpoint))))
  const answers = []
  for (let i = 0; i < 30; i++) answers.push(await wrong())
  const put = answers.filter(({ status }) => status === 429)
  assert.ok(put.length > 0)
  assert.equal(put[0].json.error, 'temporarily_unavailable')
  assert.ok(Number(put[0].headers['retry-after']) > 0)
  assert.equal((await grant('robot', keys.rsa)).status, 200)
})

await test('keys in a file are rotated by a reload, without a connection lost', async () => {
  const fresh = makeKey('ES384', 'curve-2')
  const file = join(instance.directory, 'clients/robot.jwks.json')
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  instance.agent = agent
  writeFileSync(file, jwks(keys.rsa, fresh))
  instance.child.kill('SIGHUP')
  await until('the new key is taken', 10000, async () => (await grant('robot', fresh)).status === 200)
  refused(await grant('robot', keys.curve), 401, 'invalid_client')
  assert.equal((await grant('robot', keys.rsa)).status, 200)
  writeFileSync(file, '{"keys":[]}')
  const before = instance.log.length
  instance.child.kill('SIGHUP')
  await until('a file without keys is refused', 10000, () =>
    instance.log.slice(before).some((line) => line.includes('robot.jwks.json')),
  )
  assert.equal((await grant('robot', fresh)).status, 200)
  assert.equal(run(['check', instance.directory]).code, 3)
  writeFileSync(file, jwks(keys.rsa, fresh))
  instance.agent = undefined
  agent.destroy()
})

await test("a client's keys are fetched from its URL, kept, and fetched anew for a new key", async () => {
  assert.equal(remote.count('/client'), 0)
  for (let i = 0; i < 10; i++) assert.equal((await grant('far-client', far.client)).status, 200)
  assert.ok(remote.count('/client') <= 2, 'once by each door')
  const own = makeJwt(far.client, assertionClaims('far-client', endpoint), { header: { jku: `${remote.url}/client` } })
  assert.equal((await ask(grantForm(own))).status, 200)
  const other = makeJwt(far.client, assertionClaims('far-client', endpoint), { header: { jku: `${remote.url}/ehr` } })
  refused(await ask(grantForm(other)), 401, 'invalid_client')
  const before = remote.count('/client')
  const next = makeKey('RS384', 'far-2')
  remote.pages.set('/client', page(jwks(next)))
  await sleep(1100) // what has just come is not asked for again
  assert.equal((await grant('far-client', next)).status, 200)
  assert.ok(remote.count('/client') > before)
})

await test('a redirect is not followed, and an answer that is too large not taken', async () => {
  refused(await grant('far-moved', far.client), 401, 'invalid_client')
  refused(await grant('far-large', far.client), 401, 'invalid_client')
  assert.ok(instance.log.some((line) => line.includes('keys-not-fetched') && line.includes('far-large')))
})

const foreign = (more) => ({
  iss: `${remote.url}/ehr`, sub: 'u1', client_id: 'portal', aud: `${issuer}/fhir`, exp: seconds() + 300,
  scope: 'system/Patient.rs system/Observation.rs', fhirUser: 'Practitioner/7', ...more,
})
const look = (token, type = 'Patient') => instance.request(`/fhir/${type}`, { token })

await test('a token of a trusted issuer is good for what its file allows', async () => {
  const good = makeJwt(far.ehr, foreign())
  assert.equal((await look(good)).status, 200)
  assert.equal((await look(good, 'Observation')).status, 403)
  const created = await instance.request('/fhir/Goal', {
    method: 'POST',
    token: makeJwt(far.ehr, foreign({ scope: 'system/Goal.c' })),
    body: { resourceType: 'Goal', lifecycleStatus: 'active', description: { text: 'walk' }, subject: { display: 'x' } },
  })
  assert.ok([201, 422, 400].includes(created.status), created.text)
  assert.ok(remote.count('/ehr') <= 2)
  const wrong = {
    'a stranger under its name': makeJwt({ ...makeKey('RS256'), kid: 'ehr-1' }, foreign()),
    'another audience': makeJwt(far.ehr, foreign({ aud: 'https://elsewhere' })),
    'another issuer': makeJwt(far.ehr, foreign({ iss: 'https://elsewhere' })),
    'our own issuer': makeJwt(far.ehr, foreign({ iss: `${issuer}/oauth`, client_id: 'hand' })),
    expired: makeJwt(far.ehr, foreign({ exp: seconds() - 60 })),
    'nobody': makeJwt(far.ehr, foreign({ client_id: undefined, sub: undefined })),
    'another algorithm': makeJwt(far.ehr, foreign(), { alg: 'RS384' }),
  }
  for (const [name, token] of Object.entries(wrong)) assert.equal(`${name} ${(await look(token)).status}`, `${name} 401`)
  const patient = makeJwt(far.ehr, foreign({ scope: 'patient/*.rs', patient: 'p1' }))
  assert.equal((await look(patient)).status, 403)
})

await test('a token that only its issuer can read is asked about, once a minute', async () => {
  tokens.set('opaque-good', { active: true, scope: 'system/Patient.rs', client_id: 'portal', exp: seconds() + 300 })
  tokens.set('opaque-expired', { active: true, scope: 'system/Patient.rs', client_id: 'portal', exp: seconds() - 300 })
  tokens.set('opaque-aud', { active: true, scope: 'system/Patient.rs', client_id: 'portal', aud: 'https://elsewhere' })
  tokens.set('opaque-iss', { active: true, scope: 'system/Patient.rs', client_id: 'portal', iss: 'https://elsewhere' })
  const answers = await Promise.all(Array.from({ length: 10 }, () => look('opaque-good')))
  assert.deepEqual(answers.map(({ status }) => status), Array(10).fill(200))
  assert.ok(remote.asked.filter(({ body }) => body.includes('opaque-good')).length <= 2)
  for (const token of ['opaque-expired', 'opaque-aud', 'opaque-iss', 'opaque-unknown']) {
    assert.equal(`${token} ${(await look(token)).status}`, `${token} 401`)
  }
  tokens.set('opaque-skew', { active: true, scope: 'system/Patient.rs', client_id: 'portal', exp: seconds() - 10 })
  assert.equal((await look('opaque-skew')).status, 200, 'our clocks may differ')
  assert.ok(remote.asked.filter(({ body }) => body.includes('opaque-skew')).length === 1)
  assert.equal((await look('opaque-good', 'Observation')).status, 403)
  const before = remote.count('/introspect')
  await look(makeJwt(far.client, foreign({ iss: 'https://elsewhere' })))
  assert.equal(remote.count('/introspect'), before, 'a token of somebody else is not shown around')
})

await test('while an issuer cannot be asked its tokens wait, and others come in', async () => {
  const page = remote.pages.get('/introspect')
  remote.pages.set('/introspect', () => ({ status: 500, body: '' }))
  const down = await look('opaque-later')
  assert.equal(down.status, 503)
  assert.ok(down.headers['retry-after'])
  assert.equal((await look(instance.token('hand', 'system/*.rs'))).status, 200)
  remote.pages.set('/introspect', page)
  tokens.set('opaque-later', { active: true, scope: 'system/Patient.rs', client_id: 'portal' })
  await until('the issuer is asked again', 15000, async () => (await look('opaque-later')).status === 200)
})

await test('a scope with a query shows, counts and takes what fits it, and nothing else is there', async () => {
  const system = 'http://terminology.hl7.org/CodeSystem/observation-category'
  const observation = (code, more) => ({
    resourceType: 'Observation', status: 'final', code: { text: 'x' },
    category: [{ coding: [{ system, code }] }], ...more,
  })
  const writer = instance.token('hand', 'system/*.cruds')
  const made = {}
  for (const code of ['laboratory', 'vital-signs', 'laboratory']) {
    const answer = await instance.request('/fhir/Observation', { method: 'POST', token: writer, body: observation(code) })
    assert.equal(answer.status, 201)
    made[code] = answer.json.id
  }
  const lab = `system/Observation.cruds?category=${system}|laboratory`
  const token = instance.token('hand', lab)
  const call = (path, options = {}) => instance.request(`/fhir/${path}`, { token, ...options })
  const put = (id, body, headers) => call(`Observation/${id}`, { method: 'PUT', body: { ...body, id }, headers })
  const post = (body, headers) => call('Observation', { method: 'POST', body, headers })
  const found = await call('Observation?_total=accurate')
  assert.equal(found.json.total, 2)
  assert.ok(found.json.entry.every(({ resource }) => resource.category[0].coding[0].code === 'laboratory'))
  assert.ok(!found.text.includes('vital-signs'))
  assert.ok(!JSON.stringify(found.json.link).includes('laboratory'))
  assert.equal((await call('Observation?category=vital-signs&_summary=count')).json.total, 0)
  assert.equal((await call('Observation?status=final&_count=1')).json.entry.length, 1)
  assert.equal((await call(`Observation/${made.laboratory}`)).status, 200)
  for (const path of ['', '/_history', '/_history/1']) {
    assert.equal((await call(`Observation/${made.laboratory}${path}`)).status, 200, path)
    const hidden = await call(`Observation/${made['vital-signs']}${path}`)
    const missing = await call(`Observation/nobody${path}`)
    assert.equal(`${path} ${hidden.status}`, `${path} 404`)
    assert.equal(hidden.text, missing.text)
  }
  assert.equal((await call('Patient')).status, 403)
  // writes
  assert.equal((await post(observation('laboratory'))).status, 201)
  assert.equal((await post(observation('vital-signs'))).status, 403)
  assert.equal((await post(observation('laboratory'), { 'if-none-exist': 'status=final' })).status, 403)
  assert.equal((await put(made.laboratory, observation('laboratory', { status: 'amended' }))).status, 200)
  assert.equal((await put(made.laboratory, observation('vital-signs'))).status, 403)
  assert.equal((await put(made['vital-signs'], observation('laboratory'))).status, 403)
  assert.equal((await put('brand-new-one', observation('laboratory'))).status, 201)
  const stale = await put(made.laboratory, observation('laboratory'), { 'if-match': 'W/"1"' })
  assert.equal(stale.status, 412)
  assert.equal((await call('Observation?status=final', { method: 'PUT', body: observation('laboratory') })).status, 403)
  const bundle = (type, request, resource) => ({ resourceType: 'Bundle', type, entry: [{ request, resource }] })
  const sent = await call('', { method: 'POST', body: bundle('transaction', { method: 'POST', url: 'Observation' }, observation('laboratory')) })
  assert.equal(sent.status, 403)
  const batch = await call('', { method: 'POST', body: bundle('batch', { method: 'GET', url: 'Observation?_summary=count' }) })
  assert.equal(batch.json.entry[0].resource?.total, 4)
  // what it was before it left the scope
  const moved = await instance.request(`/fhir/Observation/${made.laboratory}`, {
    method: 'PUT', token: writer, body: { ...observation('vital-signs'), id: made.laboratory },
  })
  assert.equal(moved.status, 200)
  for (const path of ['', '/_history', '/_history/1']) assert.equal((await call(`Observation/${made.laboratory}${path}`)).status, 404)
  // two scopes of one parameter add up, of two parameters they are not searched together
  const count = async (scope) => (await look(instance.token('hand', scope), 'Observation?_summary=count')).json
  assert.equal((await count(`${lab} system/Observation.rs?category=${system}|vital-signs`)).total, 5)
  assert.equal((await count(`${lab} system/Observation.rs?status=final`)).resourceType, 'OperationOutcome')
  // granted narrower than allowed at the endpoint
  addClient('narrow', lab.replace('cruds', 'rs'), jwks(keys.curve))
  instance.child.kill('SIGHUP')
  await until('the client is known', 10000, async () => (await grant('narrow', keys.curve, 'system/Observation.rs')).status === 200)
  const narrow = await grant('narrow', keys.curve, 'system/Observation.rs')
  assert.equal(narrow.json.scope, lab.replace('cruds', 'rs'))
  assert.equal((await look(narrow.json.access_token, 'Observation?_summary=count')).json.total, 3)
})

await test('what an issuer or a client cannot be is said at the command line', () => {
  const add = (...words) => run(['issuer', 'add', instance.directory, ...words]).code
  const keys = ['--jwks', `${remote.url}/ehr`]
  assert.equal(add('ehr.example', ...keys), 2)
  assert.equal(add('http://ehr.example', ...keys), 2)
  assert.equal(add('https://ehr.example'), 2)
  assert.equal(add('https://ehr.example', ...keys, '--scope', 'system/Patient.sr'), 2)
  assert.equal(add('https://ehr.example', ...keys, '--site', 'nowhere'), 3)
  assert.equal(add('https://ehr.example', '--introspection', 'https://ehr.example/introspect'), 3)
  assert.equal(add('https://ehr.example', ...keys, '--name', 'ehr'), 5)
  const client = (scope) => run(['client', 'add', instance.directory, 'odd', '--scope', scope]).code
  assert.equal(client('user/Patient.rs'), 2)
  assert.equal(client('system/*.rs?category=a'), 2)
  const settings = join(instance.directory, 'issuers/ehr.xml')
  const before = readFileSync(settings, 'utf8')
  writeFileSync(settings, before.replace(/ jwks="[^"]*"/, ''))
  assert.equal(run(['check', instance.directory]).code, 3)
  writeFileSync(settings, before)
})

await test('the lines of the README get a token', async () => {
  const text = readFileSync(join(repository, 'README.md'), 'utf8')
  const lines = text.slice(text.indexOf('## How a system gets a token')).match(/```sh\n([^]*?)```/)[1]
  const here = lines
    .replaceAll('/srv/bridge', instance.directory)
    .replace('https://localhost:8443', issuer)
    .replace(/kill -HUP .*/, `kill -HUP ${instance.child.pid}; sleep 5`)
    .replace('painbridge client', `${program} client`)
    .replace("node -e", `${process.execPath} -e`)
  const result = spawnSync('bash', ['-c', `set -e; cd ${instance.top}; ${here}`])
  const answer = JSON.parse(result.stdout.toString().trim().split('\n').pop())
  assert.equal(answer.scope, 'system/Patient.rs', result.stderr.toString())
  assert.equal((await look(answer.access_token)).status, 200)
})

await test('who came in, and who was refused, stands in the audit', async () => {
  must(['client', 'add', instance.directory, 'auditor', '--scope', 'system/AuditEvent.rs'])
  instance.child.kill('SIGHUP')
  const token = instance.token('auditor', 'system/AuditEvent.rs')
  await until('the logins are written', 10000, async () => {
    const { status, json } = await instance.request('/fhir/AuditEvent?subtype=login&_count=500', { token })
    const events = status === 200 ? (json.entry ?? []).map(({ resource }) => resource) : []
    const has = (outcome, name) => events.some((event) => event.outcome === outcome && JSON.stringify(event.agent).includes(name))
    return has('0', 'robot') && has('4', 'robot')
  })
})

await test('no log, process or error text holds a token or an assertion', () => {
  const text = instance.log.join('\n')
  assert.ok(!/eyJ[A-Za-z0-9_-]{10}/.test(text))
  assert.ok(!text.includes('opaque-') && !text.includes('s3cret'))
  assert.ok(text.includes('"event":"token-granted"'))
  assert.ok(text.includes('"event":"token-refused"'))
})

await test('each row of the shared cases is refused as it says', async () => {
  if (!haveShared) skip('there is no shared folder')
  const { json } = await grant('robot', keys.rsa, 'system/Patient.rs')
  const [head, body] = json.access_token.split('.')
  const own = JSON.parse(Buffer.from(body, 'base64url').toString())
  const forged = { ...keys.rsa, kid: JSON.parse(Buffer.from(head, 'base64url').toString()).kid }
  const read = (token) => instance.request('/fhir/Patient', { token })
  const bearer = async (token, status = 401) => {
    const answer = await read(token)
    assert.equal(answer.status, status)
    if (status === 401) assert.match(answer.headers['www-authenticate'], /error="invalid_token"/)
  }
  const cases = {
    's-alg-none': () => bearer(unsigned(own)),
    's-expired': () => bearer(makeJwt(forged, { ...own, exp: seconds() - 86400 })),
    's-wrong-aud': () => bearer(makeJwt(forged, { ...own, aud: 'https://elsewhere/fhir' })),
    's-hs256-public-key': () => bearer(makeHmacJwt(forged, own, publicPem)),
    's-kid-unknown': () => bearer(makeJwt({ ...keys.rsa, kid: 'nobody' }, own)),
    's-no-scope': () => bearer(instance.token('hand', 'system/Goal.r'), 403),
    's-other-patient': async () => {
      const writer = instance.token('hand', 'system/*.cruds')
      const made = await instance.request('/fhir/Patient', { method: 'POST', token: writer, body: { resourceType: 'Patient' } })
      must(['client', 'add', instance.directory, 'bound', '--scope', 'patient/*.rs'])
      instance.child.kill('SIGHUP')
      const token = instance.token('bound', 'patient/*.rs', '--patient', 'somebody-else')
      await until('the client is known', 10000, async () => (await read(token)).status !== 401)
      const answer = await instance.request(`/fhir/Patient/${made.json.id}`, { token })
      assert.ok([403, 404].includes(answer.status), `${answer.status}`)
    },
    's-replayed-assertion': async () => {
      const one = assertion('robot', keys.rsa)
      assert.equal((await ask(grantForm(one))).status, 200)
      refused(await ask(grantForm(one)), 401, 'invalid_client')
    },
  }
  for (const row of readCsv(join(shared, 'samples/badinput/jwt/cases.csv'))) {
    assert.ok(cases[row.case], `no test for ${row.case}`)
    await cases[row.case]()
  }
})

await finish()
