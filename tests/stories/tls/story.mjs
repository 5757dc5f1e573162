// Who may not connect, and what is not spoken: the cases of the shared manifest and some more, by
// OpenSSL's own client, and both ports under a scanner.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { Instance, long, must, portBase, program, shared, until } from '../lib/instance.mjs'
import { Workshop } from '../lib/certificates.mjs'
import { readCsv } from '../lib/csv.mjs'
import { adt } from '../lib/messages.mjs'
import { MllpPeer, frame } from '../lib/mllp.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(340),
  feeds: [
    ['north', 'mission', 'NEXTEHR/NORTH'],
    ['south', 'mission', 'NEXTEHR/SOUTH'],
  ],
})
afterAll(() => instance.remove())
const { directory, mllpPort, httpsPort } = instance
const workshop = new Workshop()
const ours = { cert: join(directory, 'tls/ca.pem'), key: join(directory, 'tls/ca.key') }
const feed = (name) => ({ cert: instance.tls(name).cert, key: instance.tls(name).key })
const message = frame(adt({ id: 'TLS1', facility: 'NORTH' }))

// `openssl s_client` with these options, a message as its input: all that it said until the server
// closed, or for two seconds.
function client(port, options, input = message) {
  return new Promise((resolve) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-CAfile', ours.cert, ...options])
    let said = ''
    child.stdout.on('data', (bytes) => (said += bytes))
    child.stderr.on('data', (bytes) => (said += bytes))
    child.stdin.on('error', () => {})
    child.stdin.write(input)
    const timer = setTimeout(() => child.kill(), 2000)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(said)
    })
  })
}

const shows = ({ cert, key }) => ['-cert', cert, '-key', key]
const lax = ['-cipher', 'ALL:@SECLEVEL=0']

// --- the server's side -----------------------------------------------------------------------------

await instance.serve()

const refused = [
  ['s1', 'TLS 1.1', mllpPort, ['-tls1_1', ...lax], /alert protocol version/],
  ['s1', 'TLS 1.1 on HTTPS', httpsPort, ['-tls1_1', ...lax], /alert protocol version/],
  ['', 'TLS 1.0', mllpPort, ['-tls1', ...lax], /alert protocol version/],
  ['s2', 'no client certificate', mllpPort, ['-tls1_3'], /alert certificate required/],
  ['s2', 'no client certificate, TLS 1.2', mllpPort, ['-tls1_2'], /alert handshake failure/],
  ['s3', 'an expired certificate', mllpPort, () => shows(workshop.make('expired', { by: ours, from: -9, to: -1 })), /alert certificate expired/],
  ['', 'one that is not valid yet', mllpPort, () => shows(workshop.make('early', { by: ours, from: 2 })), /alert bad certificate/],
  ['s4', 'of an authority that is not trusted', mllpPort, () => shows(workshop.make('strange', { by: workshop.authority('stranger') })), /alert unknown ca/],
  ['', 'of an authority with the name of ours', mllpPort, () => shows(workshop.make('forged', { by: workshop.authority('impostor', 'painbridge private CA') })), /alert unknown ca|alert decrypt error|alert bad certificate/],
  ['', 'self-signed', mllpPort, () => shows(workshop.selfSigned('self')), /alert unknown ca/],
  ['', 'for servers only', mllpPort, () => shows(workshop.make('purpose', { by: ours, use: 'serverAuth' })), /alert unsupported certificate/],
  ['', "the server's own", mllpPort, () => shows(feed('server')), /alert unsupported certificate/],
  ['', 'RSA of 1024 bits', mllpPort, () => [...shows(workshop.make('weak', { by: ours, key: ['-newkey', 'rsa:1024'] })), ...lax], /alert (bad certificate|handshake failure)/],
  ['', 'signed with SHA-1', mllpPort, () => [...shows(workshop.make('sha1', { by: ours, digest: 'sha1' })), ...lax], /alert (bad certificate|handshake failure|unsupported certificate)/],
  ['', 'a chain through a feed as authority', mllpPort, () => shows(workshop.make('below', { by: feed('south') })), /alert (unknown ca|bad certificate)/],
  ['', 'CBC', httpsPort, ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256'], /alert handshake failure/],
  ['', 'no forward secrecy', httpsPort, ['-tls1_2', '-cipher', 'AES128-GCM-SHA256'], /alert handshake failure/],
  ['', 'a group that is not ours', httpsPort, ['-groups', 'P-521'], /alert handshake failure/],
  ['', 'a fall-back from TLS 1.3', httpsPort, ['-tls1_2', '-fallback_scsv'], /alert inappropriate fallback/],
]

for (const [id, what, port, options, alert] of refused) {
  await test(`${id ? `${id}: ` : ''}${what} is refused with its alert`, async () => {
    const said = await client(port, typeof options === 'function' ? options() : options)
    assert.match(said, alert)
    assert.doesNotMatch(said, /MSA\|/)
  })
}

await test('a good certificate is let in by 1.2 and by 1.3', async () => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    assert.match(await client(mllpPort, [version, ...shows(feed('north'))]), /MSA\|AA\|TLS1/)
  }
})

await test('a certificate of our authority that is no feed gets nothing', async () => {
  const said = await client(mllpPort, shows(workshop.make('nobody', { by: ours })))
  assert.doesNotMatch(said, /MSA\|/)
  assert.ok(instance.log.some((line) => line.includes('certificate of no feed')))
})

await test('a revoked certificate is refused with its alert', async () => {
  const former = { cert: workshop.path('former.pem'), key: workshop.path('former.key') }
  writeFileSync(former.cert, readFileSync(feed('south').cert))
  writeFileSync(former.key, readFileSync(feed('south').key))
  must(['feed', 'revoke', directory, 'south', '--all'])
  assert.match(await client(mllpPort, shows(former)), /alert certificate revoked/)
  must(['feed', 'renew', directory, 'south'])
})

await test('no renegotiation, no compression, no ticket, nothing resumed across feeds', async () => {
  const north = shows(feed('north'))
  // the server is silent to "no": who asks must go on as before or leave
  const renegotiated = await client(httpsPort, ['-tls1_2'], 'R\n')
  assert.match(renegotiated, /no renegotiation|handshake failure/)
  for (const version of ['-tls1_2', '-tls1_3']) {
    const session = workshop.path(`session${version}`)
    const first = await client(mllpPort, [version, ...north, '-sess_out', session])
    assert.match(first, /Compression: NONE/)
    assert.doesNotMatch(first, /TLS session ticket:/)
    if (!existsSync(session)) continue
    const second = await client(mllpPort, [version, ...shows(feed('south')), '-sess_in', session])
    assert.doesNotMatch(second, /Reused, TLS/)
  }
})

await test('who speaks without TLS is hung up on', async () => {
  for (const [port, text] of [[mllpPort, message], [httpsPort, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n']]) {
    const said = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
      let bytes = Buffer.alloc(0)
      socket.on('data', (part) => (bytes = Buffer.concat([bytes, part])))
      socket.on('error', () => {})
      socket.on('close', () => resolve(bytes.toString('latin1')))
    })
    assert.doesNotMatch(said, /MSA\||HTTP\/1/)
  }
})

await test('s7: a renewed server certificate is seen after a reload, open connections stay', async () => {
  const before = await MllpPeer.connect({ port: mllpPort, ...instance.tls('north') })
  const made = workshop.make('renewed', { by: ours, use: 'serverAuth' })
  const { cert, key } = instance.tls('server')
  writeFileSync(key, readFileSync(made.key))
  writeFileSync(cert, readFileSync(made.cert))
  const reloads = () => instance.log.filter((line) => line.includes('"event":"reloaded"')).length
  const count = reloads()
  instance.child.kill('SIGHUP')
  await until('all have reloaded', 20000, () => reloads() >= count + 4)
  const after = await MllpPeer.connect({ port: mllpPort, ...instance.tls('north') })
  assert.equal(after.socket.getPeerCertificate().serialNumber, workshop.serial(made))
  for (const [i, peer] of [before, after].entries()) {
    assert.equal((await peer.ask(adt({ id: `S7${i}`, facility: 'NORTH' }))).code, 'AA')
    peer.end()
  }
})

// --- scanners --------------------------------------------------------------------------------------

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

for (const [name, port, own] of [['MLLP', mllpPort, 'north'], ['HTTPS', httpsPort, null]]) {
  await test(`sslscan finds nothing but strong suites of TLS 1.2 and 1.3 on the ${name} port`, () => {
    if (!has('sslscan')) skip('sslscan is not installed')
    const words = own ? [`--certs=${feed(own).cert}`, `--pk=${feed(own).key}`] : []
    const xml = execFileSync('sslscan', ['--xml=-', '--no-colour', ...words, `127.0.0.1:${port}`]).toString()
    const rows = (tag) => [...xml.matchAll(new RegExp(`<${tag} ([^>]*?)/?>`, 'g'))].map(([, text]) => Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])))
    const enabled = rows('protocol').filter((row) => row.enabled === '1')
    assert.deepEqual(enabled.map((row) => `${row.type}${row.version}`).sort(), ['tls1.2', 'tls1.3'])
    const ciphers = rows('cipher')
    assert.ok(ciphers.length >= 6, xml)
    for (const cipher of ciphers) {
      assert.match(cipher.strength, /^(strong|acceptable)$/, JSON.stringify(cipher))
      assert.match(cipher.cipher, /GCM|CHACHA20/, JSON.stringify(cipher))
    }
    for (const group of rows('group')) assert.ok(Number(group.bits) >= 128, JSON.stringify(group))
    assert.ok(rows('compression').every((row) => row.supported === '0'))
    assert.ok(rows('renegotiation').every((row) => row.supported === '0' || row.secure === '1'))
    assert.ok(rows('heartbleed').every((row) => row.vulnerable === '0'))
    assert.ok(rows('fallback').every((row) => row.supported === '1'))
  })
}

// What a private authority cannot have, and what is no matter of this program: no list or responder by
// URL stands in its certificates (lists are files here), and it is not one of the browsers'.
const OF_THE_AUTHORITY = /^(cert_chain_of_trust|cert_trust|cert_notRevoked|cert_revocation|cert_ocspRevoked|cert_crlRevoked|DNS_CAArecord|cert_validityPeriod|overall_grade|grade_cap_reason.*)/

for (const [name, port] of [['MLLP', mllpPort], ['HTTPS', httpsPort]]) {
  await test(`testssl.sh finds nothing above LOW on the ${name} port`, () => {
    if (!long) skip('only with --long: takes minutes')
    if (!has('testssl')) skip('testssl is not installed')
    const report = workshop.path(`testssl-${port}.json`)
    spawnSync('testssl', ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none', '--add-ca', ours.cert, '--jsonfile', report, `127.0.0.1:${port}`], { timeout: 600000, env: { ...process.env, HOME: workshop.folder } })
    const findings = JSON.parse(readFileSync(report, 'utf8'))
    assert.ok(findings.length > 50, `${findings.length} findings`)
    const worse = findings.filter(({ id, severity }) => ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity) && !OF_THE_AUTHORITY.test(id))
    assert.deepEqual(worse, [])
  })
}

// --- the client's side: whom we do not speak to -----------------------------------------------------

await instance.stop()
const letter = workshop.path('letter.hl7')
writeFileSync(letter, adt({ id: 'TLS2', facility: 'NORTH' }))

// A receiver in the engine's place, with that certificate; what came of `send`.
async function sendTo({ cert, key }, options = {}) {
  let received = 0
  const server = tls.createServer({ cert: readFileSync(cert), key: readFileSync(key), ...options }, (socket) => {
    socket.on('data', () => received++)
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  await new Promise((resolve) => server.listen(mllpPort, '127.0.0.1', resolve))
  const child = spawn(program, ['send', directory, '--feed', 'north', letter])
  let said = ''
  child.stderr.on('data', (bytes) => (said += bytes))
  const code = await new Promise((resolve) => child.on('close', resolve))
  await new Promise((resolve) => server.close(resolve))
  return { code, said, received }
}

const notSent = [
  ['s5', 'a wrong host name', () => workshop.make('wronghost', { by: ours, use: 'serverAuth', names: 'DNS:elsewhere.example' }), /hostname mismatch|IP address mismatch/],
  ['', 'an expired certificate', () => workshop.make('oldserver', { by: ours, use: 'serverAuth', from: -9, to: -1 }), /certificate has expired/],
  ['', 'an authority that is not trusted', () => workshop.make('foreignserver', { by: workshop.authority('stranger2'), use: 'serverAuth' }), /unable to get local issuer|self.signed|unable to verify/],
  ['', 'a self-signed certificate', () => workshop.selfSigned('selfserver'), /self.signed/],
  ['', 'a certificate for clients only', () => workshop.make('clientserver', { by: ours }), /unsuitable certificate purpose|unsupported certificate/],
]

for (const [id, what, make, words] of notSent) {
  await test(`${id ? `${id}: ` : ''}nothing is sent to a server with ${what}`, async () => {
    const { code, said, received } = await sendTo(make())
    assert.equal(code, 4)
    assert.match(said, words)
    assert.equal(received, 0)
  })
}

await test('nothing is sent to a server that speaks no more than TLS 1.1', async () => {
  const { code, received } = await sendTo(feed('server'), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })
  assert.equal(code, 4)
  assert.equal(received, 0)
})

await test('s6: with a database whose certificate is not trusted the engine is not ready, and takes nothing', async () => {
  const settings = join(directory, 'painbridge.xml')
  const before = readFileSync(settings, 'utf8')
  writeFileSync(join(directory, 'tls/elsewhere.pem'), readFileSync(workshop.authority('elsewhere').cert))
  writeFileSync(settings, before.replace(/<database /, '<database ca="tls/elsewhere.pem" '))
  await instance.serve()
  const { status, text } = await instance.request('/readyz')
  assert.equal(status, 503)
  assert.match(text, /store-down/)
  const answered = await client(mllpPort, shows(feed('north')), frame(adt({ id: 'TLS3', facility: 'NORTH' })))
  assert.doesNotMatch(answered, /MSA\|A[AE]/)
  assert.match(instance.log.join('\n'), /store-away.*certificate verify failed/)
  await instance.stop()
  writeFileSync(settings, before)
})

await test('every case of the shared manifest stands here', () => {
  const manifest = join(shared, 'samples/badinput/tls/manifest.csv')
  if (!existsSync(manifest)) skip(`no ${manifest}`)
  const here = readFileSync(new URL(import.meta.url), 'utf8')
  for (const { id } of readCsv(manifest)) {
    assert.ok(here.includes(`'${id}'`) || here.includes(`'${id}: `), id)
  }
})

await finish()
