// Certificates, keys and revocation lists change under open connections: none is refused, none is
// dropped, and who comes next sees the new ones. Who was revoked goes at once and stays out.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { Instance, long, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const ROTATIONS = 10
const MLLP_CONNECTIONS = 800
const HTTPS_CONNECTIONS = 200
const TALKERS = long ? MLLP_CONNECTIONS : 40 // those that send without a pause meanwhile

const many = ['--set', 'max_connections=1000']
const instance = await Instance.make({
  base: portBase(330),
  feeds: [
    ['north', 'mission', 'NEXTEHR/NORTH', ...many],
    ['south', 'mission', 'NEXTEHR/SOUTH', ...many],
    ['spare', 'mission', 'NEXTEHR/SPARE'],
  ],
})
afterAll(() => instance.remove())
await instance.serve()
const { directory } = instance
const scratch = mkdtempSync(join(tmpdir(), 'painbridge-rotation-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const openssl = (...words) => execFileSync('openssl', words, { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] }).toString()

// What a feed holds now, as its sender keeps it: what `renew` writes later is not in it.
function credentials(feed) {
  const { ca, cert, key } = instance.tls(feed)
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
}

function connect(feed, given = credentials(feed)) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: instance.mllpPort, servername: 'localhost', ...given })
    socket.once('secureConnect', () => {
      socket.setNoDelay(true)
      resolve(new MllpPeer(socket))
    })
    socket.once('error', reject)
  })
}

let number = 0
async function send(peer, feed) {
  const id = `ROT${++number}`
  const answer = await peer.ask(adt({ id, facility: feed.toUpperCase(), mrn: `M${number}` }))
  assert.equal(answer?.code, 'AA', `${id} of ${feed}`)
}

// TLS 1.3: the client is through before the server has looked at its certificate, so who is refused
// finds that out with the first bytes.
async function isRefused(feed, given) {
  try {
    const peer = await connect(feed, given)
    const answer = await peer.ask(adt({ id: `ROT${++number}`, facility: feed.toUpperCase() }), 5000)
    peer.destroy()
    return answer === null
  } catch {
    return true
  }
}

// One HTTPS connection that asks again and again.
class HttpsPeer {
  static connect() {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port: instance.httpsPort, servername: 'localhost', ca: readFileSync(instance.tls('server').ca) })
      socket.once('secureConnect', () => resolve(new HttpsPeer(socket)))
      socket.once('error', reject)
    })
  }

  constructor(socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.status = Number(bytes.toString('latin1').slice(9, 12))
      this.answered?.()
    })
    socket.on('close', () => (this.closed = true))
  }

  async ask() {
    const answered = new Promise((resolve) => (this.answered = resolve))
    this.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await Promise.race([answered, sleep(10000).then(() => assert.fail('no answer to /healthz'))])
    assert.equal(this.status, 200)
  }
}

// A server certificate as an authority of the house would send one.
function renewServer() {
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'extendedKeyUsage=serverAuth')
  openssl('x509', '-req', '-in', 'server.csr', '-CA', join(directory, 'tls/ca.pem'), '-CAkey', join(directory, 'tls/ca.key'), '-days', '90', '-copy_extensions', 'copyall', '-out', 'server.pem')
  const { cert, key } = instance.tls('server')
  writeFileSync(key, readFileSync(join(scratch, 'server.key')))
  writeFileSync(cert, readFileSync(join(scratch, 'server.pem')))
  return openssl('x509', '-in', 'server.pem', '-noout', '-serial').trim().replace('serial=', '')
}

const shownSerial = (peer) => peer.socket.getPeerCertificate().serialNumber
const feeds = ['north', 'south']
const open = []
const web = []

async function inParts(count, make) {
  for (let done = 0; done < count; done += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - done) }, (_, i) => make(done + i)))
  }
}

await test('a thousand connections are open and speak', async () => {
  await inParts(MLLP_CONNECTIONS, async (i) => {
    const feed = feeds[i % 2]
    const peer = await connect(feed)
    open.push({ peer, feed })
    await send(peer, feed)
  })
  await inParts(HTTPS_CONNECTIONS, async () => {
    const peer = await HttpsPeer.connect()
    web.push(peer)
    await peer.ask()
  })
  assert.equal(open.length + web.length, 1000)
})

const dropped = () => open.filter(({ peer }) => peer.closed).length + web.filter(({ closed }) => closed).length

await test('all are changed ten times under traffic: none is refused, none is dropped', async () => {
  let going = true
  let sent = 0
  const talkers = open.slice(0, TALKERS).map(async ({ peer, feed }) => {
    while (going) {
      await send(peer, feed)
      sent++
      await sleep(20)
    }
  })
  const failure = Promise.all(talkers).then(
    () => null,
    (error) => error,
  )
  const serials = new Set()
  for (let i = 0; i < ROTATIONS; i++) {
    const serial = renewServer()
    const feed = feeds[i % 2]
    const former = credentials(feed)
    must(['feed', 'renew', directory, feed])
    must(['feed', 'renew', directory, 'spare'])
    must(['feed', 'revoke', directory, 'spare', '--former'])
    // who comes now, with the new key or still with the old one, is let in and sees the new server
    for (const given of [former, credentials(feed)]) {
      const peer = await connect(feed, given)
      assert.equal(shownSerial(peer), serial)
      await send(peer, feed)
      peer.end()
    }
    const one = await HttpsPeer.connect()
    assert.equal(shownSerial(one), serial)
    await one.ask()
    one.socket.end()
    await inParts(web.length / 10, (k) => web[(k + i * 20) % web.length].ask())
    serials.add(serial)
    assert.equal(dropped(), 0)
  }
  going = false
  const error = await failure
  if (error) throw error
  assert.equal(serials.size, ROTATIONS)
  assert.ok(sent > ROTATIONS * TALKERS, `${sent} messages`)
  console.log(`        ${sent} messages meanwhile`)
})

await test('each of the thousand still speaks', async () => {
  await inParts(open.length, (i) => send(open[i].peer, open[i].feed))
  await inParts(web.length, (i) => web[i].ask())
  assert.equal(dropped(), 0)
})

await test('a revoked certificate is refused and its open connection closed, all others stay', async () => {
  const former = credentials('spare')
  must(['feed', 'renew', directory, 'spare'])
  const peers = [await connect('spare', former), await connect('spare')]
  await Promise.all(peers.map((peer) => send(peer, 'spare')))
  const said = JSON.parse(must(['feed', 'revoke', '--json', directory, 'spare', '--former']).stdout)
  assert.equal(said.name, 'spare')
  assert.ok(said.revoked.length >= 1)
  await until('the connection of the revoked certificate is closed', 5000, () => peers[0].closed)
  assert.ok(await isRefused('spare', former))
  await send(peers[1], 'spare')
  assert.equal(dropped(), 0)
  assert.ok(instance.log.some((line) => line.includes('"feed-refused"') && line.includes('certificate revoked')))
})

await test('a feed with no good certificate stays out until it is renewed', async () => {
  must(['feed', 'revoke', directory, 'spare', '--all'])
  assert.ok(await isRefused('spare', credentials('spare')))
  const { certificates } = JSON.parse(must(['feed', 'show', '--json', directory, 'spare']).stdout)
  assert.ok(certificates.every(({ revoked }) => revoked))
  must(['feed', 'renew', directory, 'spare'])
  const peer = await connect('spare')
  await send(peer, 'spare')
  peer.end()
  assert.match(must(['check', directory]).stdout, /revocation list of 'painbridge private CA' holds \d+ certificates, until 20/)
})

await test('what cannot be revoked is said', () => {
  assert.equal(run(['feed', 'revoke', directory, 'north']).code, 2)
  assert.equal(run(['feed', 'revoke', directory, 'nobody', '--all']).code, 1)
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'own.key', '-out', 'own.pem', '-subj', '/CN=elsewhere', '-days', '9')
  must(['feed', 'add', directory, 'foreign', '--site', 'mission', '--allow', 'X/FOREIGN', '--cert', join(scratch, 'own.pem')])
  const refused = run(['feed', 'revoke', directory, 'foreign', '--all'])
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /another authority/)
})

// A list that nobody made anew in time, as `openssl ca` writes one.
function expireList() {
  writeFileSync(join(scratch, 'index.txt'), '')
  writeFileSync(join(scratch, 'number'), '01\n')
  writeFileSync(join(scratch, 'ca.cnf'), '[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n')
  openssl('ca', '-config', 'ca.cnf', '-keyfile', join(directory, 'tls/ca.key'), '-cert', join(directory, 'tls/ca.pem'), '-gencrl', '-crlsec', '1', '-out', 'crl.pem')
  writeFileSync(join(directory, 'tls/crl.pem'), readFileSync(join(scratch, 'crl.pem')))
}

await test('a list that has expired lets nobody in, drops nobody, and is told of everywhere', async () => {
  const good = readFileSync(join(directory, 'tls/crl.pem'))
  const reloads = () => instance.log.filter((line) => line.includes('"event":"reloaded"')).length
  const reload = async () => {
    const before = reloads()
    instance.child.kill('SIGHUP')
    await until('all workers have reloaded', 20000, () => reloads() >= before + 4)
  }
  expireList()
  await sleep(2000)
  await reload()
  assert.ok(await isRefused('north', credentials('north')))
  await send(open[0].peer, open[0].feed)
  assert.equal(dropped(), 0)
  const doctor = run(['doctor', directory])
  assert.equal(doctor.code, 1)
  assert.match(doctor.stderr, /crl\.pem: .*the revocation list has expired/)
  writeFileSync(join(directory, 'tls/crl.pem'), good)
  await reload()
  const peer = await connect('north')
  await send(peer, 'north')
  peer.end()
})

await test('a list of somebody else is not taken: what was in force stays', async () => {
  const good = readFileSync(join(directory, 'tls/crl.pem'))
  writeFileSync(join(directory, 'tls/crl.pem'), readFileSync(join(scratch, 'own.pem')))
  assert.equal(run(['check', directory]).code, 3)
  instance.child.kill('SIGHUP')
  await until('the reload is refused', 20000, () => instance.log.some((line) => line.includes('reload-refused')))
  const peer = await connect('north')
  await send(peer, 'north')
  peer.end()
  writeFileSync(join(directory, 'tls/crl.pem'), good)
})

for (const { peer } of open) peer.destroy()
for (const { socket } of web) socket.destroy()
await finish()
