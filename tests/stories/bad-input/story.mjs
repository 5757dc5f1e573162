// Hostile and malformed input over MLLP: every row of the manifests, and after each the six things
// its README asks for: the engine is up, answers a good message, stored nothing it refused, and
// wrote no patient data into its log.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCsv } from '../lib/csv.mjs'
import { haveShared, Instance, must, portBase, shared, sleep } from '../lib/instance.mjs'
import { frame, MllpPeer, parseAnswer } from '../lib/mllp.mjs'
import { totalRssKib } from '../lib/processes.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

if (!haveShared) {
  await test('hostile input over MLLP', () => skip('the shared samples are not here'))
  await finish()
}

const folder = join(shared, 'samples/badinput')
const instance = await Instance.make({
  base: portBase(20),
  sites: ['clinic-a'],
  feeds: [['clinic-a-ehr', 'clinic-a', 'SENDER_A/CLINIC_A', '--allow', 'SENDER/FAC', '--allow', 'VENDOR_APP/FAC']],
  clients: [['reader', 'system/*.rs']],
})
afterAll(() => instance.remove())

// What an analyst writes when a score has a range: beyond it the message is refused.
const siteFile = join(instance.directory, 'sites/clinic-a/clinic-a.xml')
writeFileSync(
  siteFile,
  readFileSync(siteFile, 'utf8').replace(
    '</site>',
    `  <change id="obx.number" when="OBX-3 in ('91147-9')" min="0" max="10" invalid="refuse"/>\n</site>`,
  ),
)
await instance.serve()
const token = instance.token('reader', 'system/*.rs')
const files = instance.tls('clinic-a-ehr')
const connect = () => MllpPeer.connect({ port: instance.mllpPort, ...files })
const good = readFileSync(join(folder, 'hl7v2/own-s000-good-adt.hl7'))
let probes = 0

async function probe() {
  const peer = await connect()
  const began = Date.now()
  const answer = await peer.ask(good.toString('latin1').replace('SGOOD001', `PROBE${probes++}`))
  assert.equal(answer?.code, 'AA')
  assert.ok(Date.now() - began < 2000)
  peer.end()
}

async function settle(before) {
  for (let turn = 0; turn < 40 && totalRssKib(instance.child.pid) > before + 32 * 1024; turn++) await sleep(50)
  const after = totalRssKib(instance.child.pid)
  assert.ok(after <= before + 32 * 1024, `memory grew from ${before} to ${after} KiB`)
}

function check(row, answer) {
  const wanted = row.outcomes.split(/[|;,]/).map((word) => word.trim().slice(0, 2))
  if (answer === null) {
    assert.ok(/close|ignored|dropped|no ACK|NAK/.test(row.outcomes) || row.level !== 'must', 'no answer')
    return
  }
  if (row.outcomes === 'NAK') assert.match(answer.code, /^[AC][ER]$/)
  else if (row.level === 'must' || row.expect !== 'either') assert.ok(wanted.includes(answer.code), `${answer.code}, wanted ${row.outcomes}`)
  if (row.expect === 'reject') assert.doesNotMatch(answer.code ?? '', /^[AC]A$/)
  const codes = /ERR-3=([\d|]+)/.exec(row.error)
  if (codes && row.level === 'must') assert.ok(codes[1].split('|').includes(answer.errors[0]?.code), `ERR-3 ${answer.errors[0]?.code}, wanted ${codes[1]}`)
  const place = /ERR-2=(\S+)/.exec(row.error)
  if (place) assert.ok(answer.errors[0].place.startsWith(place[1]), `ERR-2 ${answer.errors[0].place}, wanted ${place[1]}`)
}

await probe()
for (const row of readCsv(join(folder, 'hl7v2/manifest.csv'))) {
  await test(`${row.file} (${row.level}): ${row.outcomes}`, async () => {
    const before = totalRssKib(instance.child.pid)
    const peer = await connect()
    const answer = await peer.ask(readFileSync(join(folder, 'hl7v2', row.file)))
    peer.destroy()
    check(row, answer)
    await probe()
    await settle(before)
  })
}

const outcomesOfBytes = {
  'ws1-truncated-then-close.bin': [],
  'ws2-two-frames.bin': ['WS2A', 'WS2B'],
  'ws3-missing-sb.bin': [],
  'ws4-missing-cr-after-eb.bin': [],
  'ws5-garbage-first.bin': ['WS5'],
  'ws6-sb-in-frame.bin': ['WS6B'],
}
for (const row of readCsv(join(folder, 'mllp/manifest.csv'))) {
  await test(`${row.file} (${row.level}): ${row.outcomes}`, async () => {
    const before = totalRssKib(instance.child.pid)
    const peer = await MllpPeer.connect({ port: instance.mllpPort, ...files, allowHalfOpen: true })
    peer.sendRaw(readFileSync(join(folder, 'mllp', row.file)))
    peer.end()
    const answers = []
    for (let content; (content = await peer.next(1500)); ) answers.push(parseAnswer(content))
    const wanted = outcomesOfBytes[row.file]
    if (wanted) assert.deepEqual(answers.filter(({ code }) => code === 'AA').map(({ controlId }) => controlId), wanted)
    else assert.ok(answers.every(({ code }) => code !== 'AA'))
    await probe()
    await settle(before)
  })
}

await test('what was refused is kept as refused and made no resource', async () => {
  const listed = must(['message', 'list', instance.directory, '--json', '--limit', '1000']).stdout.trim().split('\n').map((line) => JSON.parse(line))
  const status = new Map(listed.map((row) => [row.control_id, row.status]))
  assert.equal(status.get('S03'), 'rejected')
  assert.equal(status.get('S10'), 'accepted')
  const { json } = await instance.request('/fhir/Observation', { token })
  assert.ok(!(json.entry ?? []).some(({ resource }) => resource.valueQuantity?.value === 12))
})

await test('a message type that is no text is refused before CA, and kept', async () => {
  const peer = await connect()
  const header = 'MSH|^~\\&|SENDER_A|CLINIC_A|PAINBRIDGE|HUB|20260310093000-0600||ADT^A0\xe9|TYPE1|P|2.5.1|||AL|NE\r'
  const answer = await peer.ask(Buffer.from(header, 'latin1'))
  peer.destroy()
  assert.match(answer.code, /^C[ER]$/)
  const rows = must(['message', 'list', instance.directory, '--json', '--limit', '1000']).stdout
  assert.match(rows, /"control_id":"TYPE1"[^\n]*"status":"rejected"/)
})

await test('text arrives as it was meant: Latin-1, escapes, markup that stays inert', async () => {
  const texts = []
  for (const type of ['Patient', 'Observation', 'DiagnosticReport']) {
    const { json } = await instance.request(`/fhir/${type}?_count=500`, { token })
    for (const { resource } of json.entry)
      texts.push((await instance.request(`/fhir/${type}/${resource.id}/_history?_count=500`, { token })).text)
  }
  const all = texts.join('\n')
  assert.match(all, /Ñ/)
  assert.match(all, /up & down \\\\ end/)
  assert.match(all, /<b onmouseover=alert\(2\)>x/)
})

await test('the log has no patient data and no raw control characters', () => {
  const text = instance.log.join('\n')
  assert.doesNotMatch(text, /TESTCASE|ALMA|ELM ST|6125550148/)
  assert.ok(![...text].some((character) => character < ' ' && character !== '\n'))
})

await finish()
