// kill -9 at random times under load from eight senders: every acknowledged message is there exactly
// once. A sender does what HL7 senders do: without an answer it connects again and sends the same
// bytes. Two FHIR clients create at the same time, and send nothing twice: what was answered 201 is
// there once, what was said to have changed nothing is not there. PAINBRIDGE_SEED=N replays a run.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, long, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { oru } from '../lib/messages.mjs'
import { MllpPeer } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const seed = Number(process.env.PAINBRIDGE_SEED ?? Date.now() % 1000000)
const senders = 8
const writers = 2
const engineKills = long ? 50 : 12
const databaseKills = long ? 10 : 2

// mulberry32: small, seeded, good enough to choose victims and times.
let state = seed >>> 0
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let t = state
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const instance = await Instance.make({
  base: portBase(40),
  feeds: Array.from({ length: senders }, (_, i) => [`feed-${i}`, 'mission', `APP${i}/MISSION`]),
  clients: [['reader', 'system/*.rs'], ['writer', 'system/*.cruds', '--site', 'mission']],
})
afterAll(() => instance.remove())
await instance.serve()
console.log(`        seed ${seed}, ${engineKills} kills of the engine, ${databaseKills} of PostgreSQL`)

let running = true
const acknowledged = [] // {feed, controlId, filler}

async function connect(feed) {
  for (;;) {
    try {
      return await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls(feed) })
    } catch {
      await sleep(50)
    }
  }
}

// One clinic: in order, one at a time, never giving up on a message.
async function clinic(number) {
  const feed = `feed-${number}`
  let peer = await connect(feed)
  for (let i = 0; running; i++) {
    const controlId = `C${number}-${i}`
    const filler = `F${number}-${i}`
    const content = oru({ id: controlId, app: `APP${number}`, mrn: `M${number}-${i % 5}`, filler, placer: `P${number}-${i}`, time: new Date(1773153000000 + i * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14) + '+0000' })
    for (;;) {
      const answer = await peer.ask(content, 8000).catch(() => null)
      if (answer) {
        assert.equal(answer.code, 'AA', answer.raw)
        acknowledged.push({ feed, controlId, filler })
        break
      }
      peer.destroy()
      peer = await connect(feed)
    }
  }
  peer.end()
}

const created = [] // {value, end}: the status of an answer, 'unchanged' for a plain 503, or 'unknown'
const writeToken = instance.token('writer', 'system/*.cruds')

function endOf(answer) {
  if (!answer) return 'unknown' // the connection broke, before the request or after
  if (answer.status !== 503) return answer.status
  return answer.headers['retry-after'] ? 'unchanged' : 'unknown'
}

async function writer(number) {
  for (let i = 0; running; i++) {
    const value = `W${number}-${i}`
    const body = { resourceType: 'Patient', identifier: [{ system: 'urn:crash', value }], active: true }
    const answer = await instance.request('/fhir/Patient', { method: 'POST', token: writeToken, body }).catch(() => null)
    created.push({ value, end: endOf(answer) })
    await sleep(answer?.status === 201 ? 5 : 100)
  }
}

function postmaster() {
  return Number(readFileSync(join(instance.directory, 'database/postmaster.pid'), 'utf8').split('\n')[0])
}

const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it was gone already
  }
}

// One kill: a worker, or the supervisor (then serve is started again as systemd would).
async function killEngine() {
  const all = engineProcesses(instance.child.pid)
  const victim = all[Math.floor(random() * all.length)]
  if (!victim) return
  kill(victim.pid)
  if (victim.pid !== instance.child.pid) return
  while (!instance.ended) await sleep(10)
  await instance.serve()
}

async function killDatabase() {
  kill(postmaster())
  await sleep(200)
  for (let turn = 0; turn < 100; turn++) {
    if (run(['db', 'start', instance.directory]).code === 0) return
    await sleep(200)
  }
  throw new Error('PostgreSQL did not come back')
}

await test('the engine and the database are killed under load and come back', async () => {
  const atWork = new Set()
  const begin = (name, work) => {
    atWork.add(name)
    return work.finally(() => atWork.delete(name))
  }
  const work = Promise.all([
    ...Array.from({ length: senders }, (_, i) => begin(`clinic ${i}`, clinic(i))),
    ...Array.from({ length: writers }, (_, i) => begin(`writer ${i}`, writer(i))),
  ])
  const kills = [...Array(engineKills).fill(killEngine), ...Array(databaseKills).fill(killDatabase)]
  for (let i = kills.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[kills[i], kills[j]] = [kills[j], kills[i]]
  }
  for (const one of kills) {
    await sleep(100 + random() * 900)
    await one()
  }
  await sleep(1000)
  running = false
  await Promise.race([work, until('all have ended', 90000, () => atWork.size === 0)]).catch((error) => {
    throw new Error(`${error.message}\nstill at work: ${[...atWork]}\n${instance.log.slice(-30).join('\n')}`)
  })
  console.log(`        ${acknowledged.length} messages acknowledged`)
  assert.ok(acknowledged.length > 100)
})

await test('every acknowledged message is stored once, as accepted', () => {
  const lines = must(['message', 'list', instance.directory, '--json', '--limit', '1000000']).stdout.trim().split('\n').map((line) => JSON.parse(line))
  const times = new Map()
  for (const { feed, control_id, status } of lines) {
    if (status === 'accepted') times.set(`${feed} ${control_id}`, (times.get(`${feed} ${control_id}`) ?? 0) + 1)
  }
  const wrong = acknowledged.filter(({ feed, controlId }) => times.get(`${feed} ${controlId}`) !== 1)
  assert.deepEqual(wrong.slice(0, 10), [])
})

await test('and its report is there exactly once', async () => {
  const token = instance.token('reader', 'system/*.rs')
  const wrong = []
  const sample = long ? acknowledged : acknowledged.filter((_, i) => i % 7 === 0)
  for (const { filler } of sample) {
    const { json } = await instance.request(`/fhir/DiagnosticReport?identifier=${filler}`, { token })
    if (json?.entry?.length !== 1) wrong.push(`${filler}: ${json?.entry?.length}`)
  }
  assert.deepEqual(wrong, [])
})

await test('a create is there once where it was answered 201, and not where nothing was changed', async () => {
  const token = instance.token('reader', 'system/*.rs')
  const wrong = []
  const ends = {}
  for (const { value, end } of created) {
    ends[end] = (ends[end] ?? 0) + 1
    const { json } = await instance.request(`/fhir/Patient?identifier=urn:crash|${value}`, { token })
    const count = json?.entry?.length ?? 0
    const right = { 201: count === 1, unchanged: count === 0, unknown: count <= 1 }[end]
    if (!right) wrong.push(`${value}: ${end}, ${count} times`)
  }
  console.log(`        creates: ${JSON.stringify(ends)}`)
  assert.deepEqual(wrong.slice(0, 10), [])
  assert.ok(ends[201] > 20)
})

await test('the database says that its record is whole', () => {
  must(['db', 'verify', instance.directory])
})

await finish()
