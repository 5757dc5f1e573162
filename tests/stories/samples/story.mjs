// The 814 messages of others: each through `convert` and through a live feed gets an answer; nothing
// crashes, takes above a second or grows without end.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { haveShared, Instance, must, portBase, run, shared } from '../lib/instance.mjs'
import { MllpPeer, parseAnswer, frame } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

if (!haveShared) {
  await test('the sample messages', () => skip('the shared samples are not here'))
  await finish()
}
const folder = join(shared, 'samples/v2/messages')
const names = readdirSync(folder).sort()

// A sanitized program is slower and larger; its limits are for finding hangs, not for figures.
const sanitized = /sanitize/.test(process.env.PAINBRIDGE_PROGRAM ?? '')
const secondsLimit = sanitized ? 20 : 1
const kibLimit = (sanitized ? 1024 : 64) * 1024

await test(`${names.length} of ${names.length} files through convert: an answer for each, within its limits`, () => {
  const failures = []
  for (const name of names) {
    const began = Date.now()
    const { code, signal, stdout, stderr } = run(['convert', join(folder, name)])
    const lines = stdout.split('\n').filter((line) => line !== '')
    const seconds = (Date.now() - began) / 1000
    const kinds = lines.map((line) => JSON.parse(line).resourceType)
    if (signal || ![0, 1].includes(code)) failures.push(`${name}: exit ${code ?? signal} ${stderr.slice(0, 200)}`)
    else if (lines.length === 0) failures.push(`${name}: no line`)
    else if (!kinds.every((kind) => kind === 'Bundle' || kind === 'OperationOutcome')) failures.push(`${name}: ${kinds}`)
    else if (code === 0 && kinds.includes('OperationOutcome')) failures.push(`${name}: exit 0 with a failure`)
    if (seconds > secondsLimit) failures.push(`${name}: ${seconds} s`)
  }
  assert.deepEqual(failures, [])
})

await test('all files in one run of convert', () => {
  const { code, stdout } = run(['convert', ...names.map((name) => join(folder, name))])
  assert.equal(code, 1)
  const kinds = stdout.trim().split('\n').map((line) => JSON.parse(line).resourceType)
  console.log(`        ${kinds.filter((kind) => kind === 'Bundle').length} Bundles, ${kinds.filter((kind) => kind === 'OperationOutcome').length} OperationOutcomes`)
  assert.ok(kinds.length >= names.length)
})

const instance = await Instance.make({
  base: portBase(30),
  feeds: [['any', 'mission', '*/*', '--charset', 'UNICODE UTF-8', '--set', 'accept_lf=yes', '--set', 'processing_ids=PTD']],
})
afterAll(() => instance.remove())
await instance.serve()

await test('all files over a live feed: each frame gets an answer or is an acknowledgement itself', async () => {
  const silent = []
  // an empty frame is dropped (rule 1.12); an acknowledgement and a message that asks for no answer get none
  const mayBeSilent = (text) => {
    const header = /MSH[^\r\n]*/.exec(text)?.[0] ?? ''
    const conditions = header.split(header[3]).slice(14, 16)
    return text.trim() === '' || /[\r\n]MSA/.test(text) || conditions.some((word) => ['NE', 'ER', 'SU'].includes(word))
  }
  const codes = {}
  let peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('any') })
  for (const name of names) {
    const bytes = readFileSync(join(folder, name))
    const content = bytes.filter((byte, i) => byte !== 0x0b && byte !== 0x1c)
    peer.sendRaw(frame(Buffer.from(content)))
    const answer = await peer.next(mayBeSilent(bytes.toString('latin1')) ? 500 : 5000)
    if (peer.closed) peer = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('any') })
    if (answer) {
      const { code } = parseAnswer(answer)
      codes[code] = (codes[code] ?? 0) + 1
    } else if (!mayBeSilent(bytes.toString('latin1'))) silent.push(name)
  }
  console.log(`        ${JSON.stringify(codes)}`)
  assert.deepEqual(silent, [])
  peer.end()
})

await test('the workers are the same and small', () => {
  const doors = engineProcesses(instance.child.pid).filter(({ role }) => role === 'door')
  assert.ok(doors.length > 0)
  for (const { rssKib } of doors) assert.ok(rssKib < kibLimit * 3, `${rssKib} KiB`)
  assert.doesNotMatch(instance.log.join('\n'), /worker-exit|worker-died/)
})

await test('the database says that its record is whole', () => {
  must(['db', 'verify', instance.directory])
})

await finish()
