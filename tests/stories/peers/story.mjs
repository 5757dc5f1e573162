// MLLP and TLS programs by others talk to the engine as they talk to any.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Instance, portBase, until } from '../lib/instance.mjs'
import { adt } from '../lib/messages.mjs'
import { frame, MllpPeer } from '../lib/mllp.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const require = createRequire(import.meta.url)
const instance = await Instance.make({
  base: portBase(10),
  feeds: [['mission-ehr', 'mission', 'NEXTEHR/MISSION']],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())
await instance.serve()
const files = instance.tls('mission-ehr')

function sClient(words, input = '') {
  const result = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${instance.mllpPort}`, '-servername', 'localhost', '-CAfile', files.ca, ...words], { input, timeout: 15000 })
  return { code: result.status, text: `${result.stdout}${result.stderr}` }
}
const own = ['-cert', files.cert, '-key', files.key]

await test('node-hl7-client sends over TLS and gets AA', async () => {
  const { default: Client, Message } = await import('node-hl7-client')
  const client = new Client({
    host: 'localhost',
    version: '2.5',
    tls: { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key), rejectUnauthorized: true },
  })
  const answer = await new Promise((resolve, reject) => {
    const outbound = client.createConnection({ port: instance.mllpPort }, async (response) => resolve(response.getMessage()))
    outbound.on('error', reject)
    outbound.sendMessage(new Message({ text: adt({ id: 'NHC-1', version: '2.5' }).trimEnd() })).catch(reject)
    setTimeout(() => reject(new Error('no answer')), 10000).unref()
  })
  await client.closeAll()
  assert.equal(answer.get('MSA.1').toString(), 'AA')
  assert.equal(answer.get('MSA.2').toString(), 'NHC-1')
})

await test('simple-hl7 parses our answer and finds its control id', async () => {
  const hl7 = require('simple-hl7')
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...files })
  const { raw } = await peer.ask(adt({ id: 'SH-1' }))
  peer.end()
  const parsed = new hl7.Parser().parse(raw)
  assert.equal(parsed.getSegment('MSA').getField(1), 'AA')
  assert.equal(parsed.getSegment('MSA').getField(2), 'SH-1')
})

await test('openssl s_client gets in with TLS 1.2 and with TLS 1.3', async () => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    const { text } = sClient([version, ...own])
    assert.match(text, /Verify return code: 0/)
  }
})

await test('TLS 1.1, a certificate of nobody we know, and no certificate are turned away', async () => {
  assert.match(sClient(['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0', ...own]).text, /alert protocol version|no protocols available|unsupported protocol/)
  const none = sClient(['-tls1_2'], 'x')
  assert.match(none.text, /alert|handshake failure/)
  spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=mission-ehr', '-days', '2', '-keyout', `${instance.top}/x.key`, '-out', `${instance.top}/x.pem`])
  assert.match(sClient(['-tls1_2', '-cert', `${instance.top}/x.pem`, '-key', `${instance.top}/x.key`], 'x').text, /alert/)
})

await test('two frames in one write are answered in order', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...files })
  peer.sendRaw(Buffer.concat([frame(adt({ id: 'ORD-1' })), frame(adt({ id: 'ORD-2' }))]))
  const answers = [(await peer.next()).toString(), (await peer.next()).toString()]
  assert.match(answers[0], /MSA\|AA\|ORD-1/)
  assert.match(answers[1], /MSA\|AA\|ORD-2/)
  peer.end()
})

await test('a message byte by byte is one message', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...files })
  peer.socket.setNoDelay(true)
  for (const byte of frame(adt({ id: 'SLOW-1' }))) peer.sendRaw(Buffer.from([byte]))
  assert.match((await peer.next()).toString(), /MSA\|AA\|SLOW-1/)
  peer.end()
})

await test('who half-closes after the last message still gets the answer', async () => {
  const peer = await MllpPeer.connect({ port: instance.mllpPort, ...files, allowHalfOpen: true })
  peer.sendRaw(frame(adt({ id: 'FIN-1' })))
  peer.end()
  assert.match((await peer.next()).toString(), /MSA\|AA\|FIN-1/)
  await until('the connection closes', 5000, () => peer.closed)
})

await test('curl reads what was sent', async () => {
  const token = instance.token('reader', 'system/*.rs')
  const result = spawnSync('curl', ['-sS', '--cacert', files.ca, '-H', `Authorization: Bearer ${token}`, `https://localhost:${instance.httpsPort}/fhir/Patient?identifier=A1001`])
  assert.equal(JSON.parse(result.stdout).entry.length, 1)
})

await test('fhir-kit-client reads the metadata, searches and pages', () => {
  // it uses fetch, which takes its authorities from the environment of the process
  const token = instance.token('reader', 'system/*.rs')
  const words = [join(dirname(fileURLToPath(import.meta.url)), 'fhir-client.mjs'), `https://localhost:${instance.httpsPort}/fhir`]
  const result = spawnSync(process.execPath, words, { env: { ...process.env, NODE_EXTRA_CA_CERTS: files.ca, TOKEN: token } })
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`)
})

await finish()
