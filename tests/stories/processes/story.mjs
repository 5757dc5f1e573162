// The engine as processes: it starts, is killed, reloads and stops, and what was acknowledged stays.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, run, sleep, until } from '../lib/instance.mjs'
import { oru } from '../lib/messages.mjs'
import { MllpPeer, frame } from '../lib/mllp.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const instance = await Instance.make({
  base: portBase(110),
  sites: ['mission'],
  feeds: [['lab', 'mission', 'NEXTEHR/MISSION']],
  clients: [['reader', 'system/*.rs']],
  init: ['--test-clock'],
})
afterAll(() => instance.remove())
const { directory } = instance

let number = 0
const nextId = () => `P${++number}`

async function send(peer, id = nextId()) {
  peer.sendRaw(frame(oru({ id, filler: id })))
  const answer = await peer.next()
  return answer === null ? null : answer.toString('utf8')
}

const connect = () => MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('lab') })
const workers = (role) => engineProcesses(instance.child.pid).filter((process) => process.role === role)
const events = (name) => instance.log.map((line) => JSON.parse(line)).filter(({ event }) => event === name)

await test('the ready line names the doors', async () => {
  const ready = await instance.serve()
  assert.deepEqual(ready.mllp, [`127.0.0.1:${instance.mllpPort}`])
  assert.equal(ready.https, `127.0.0.1:${instance.httpsPort}`)
  assert.equal(ready.level, 'info')
  assert.equal(workers('door').length, 2)
  assert.equal(workers('judge').length, 1)
  assert.equal(workers('courier').length, 1)
})

// With the rules of one site: 29 MiB, of which 12 are shared pages of libraries, 6 the programs of the
// mappings, 4 what is known of both standards and 1 the code tables as ConceptMaps.
// Half of it are pages of libraries that all workers share; libcurl and what it brings along 1 MiB.
await test('a door worker idles below 33 MiB', () => {
  for (const { pid, rssKib } of workers('door')) {
    if (/lib(asan|ubsan|clang_rt)/.test(readFileSync(`/proc/${pid}/maps`, 'utf8'))) skip('a build with sanitizers')
    assert.ok(rssKib < 33 * 1024, `${rssKib} KiB`)
  }
})

await test('no process of the engine has the rights of root', () => {
  for (const { pid, role } of engineProcesses(instance.child.pid)) {
    const uids = /Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')).slice(1)
    assert.ok(uids.every((uid) => uid !== '0'), `${role} ${uids}`)
  }
})

await test('a second serve of the same instance is refused', () => {
  const second = run(['serve', directory])
  assert.equal(second.code, 5)
  assert.match(second.stderr, /is being served already/)
})

await test('a message that was sent is listed and kept byte for byte', async () => {
  const peer = await connect()
  const text = oru({ id: 'KEEP', filler: 'KEEP' })
  peer.sendRaw(frame(text))
  assert.match((await peer.next()).toString('utf8'), /\rMSA\|AA\|KEEP\r/)
  peer.socket.end()
  const listed = must(['message', 'list', '--json', directory]).stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(listed[0].control_id, 'KEEP')
  assert.equal(listed[0].answer, 'AA')
  assert.equal(listed[0].status, 'accepted')
  assert.equal(must(['message', 'show', directory, 'KEEP', '--raw']).stdout, text)
  assert.equal(must(['message', 'show', directory, listed[0].key, '--raw']).stdout, text)
  assert.equal(JSON.parse(must(['message', 'show', '--json', directory, 'KEEP']).stdout).key, listed[0].key)
  assert.equal(run(['message', 'show', directory, 'NOBODY']).code, 1)
})

await test('nothing of a patient is listed or logged', () => {
  const said = must(['message', 'list', directory]).stdout + must(['message', 'show', directory, 'KEEP']).stdout + instance.log.join('\n')
  for (const word of ['TESTCASE', 'ALMA', 'A1001', '19710405']) assert.ok(!said.includes(word), word)
})

await test('why names field, rule and message of a stored value, and shows it only when told to', async () => {
  const token = instance.token('reader', 'system/Observation.rs')
  const found = await instance.request('/fhir/Observation', { token })
  const { id } = found.json.entry[0].resource
  const words = ['why', '--json', '--instance', directory, `Observation/${id}`, 'valueQuantity.value']
  const masked = JSON.parse(must(words).stdout)
  assert.equal(masked.value, '***')
  assert.match(masked.from, /^OBX\[1\]-5/)
  assert.match(masked.at, /\.xml:\d+:\d+$/)
  assert.match(must(words.filter((word) => word !== '--json')).stdout, /message KEEP, feed lab/)
  assert.equal(JSON.parse(must([...words, '--show-phi']).stdout).value, '7')
  assert.equal(run(['why', '--instance', directory, 'Observation/nobody']).code, 1)
})

// As the owner of the database, behind the engine's back.
function sql(text) {
  const password = readFileSync(join(directory, 'secrets/owner.password'), 'utf8').trim()
  const place = `host=127.0.0.1 port=${instance.databasePort} dbname=painbridge user=painbridge_owner sslmode=require`
  const result = spawnSync('/usr/lib/postgresql/15/bin/psql', ['-qAt', '-v', 'ON_ERROR_STOP=1', place, '-c', text], { env: { ...process.env, PGPASSWORD: password } })
  assert.equal(result.status, 0, result.stderr.toString())
  return result.stdout.toString().trim()
}

function verified() {
  const result = run(['db', 'verify', '--json', directory])
  return { code: result.code, ...JSON.parse(result.stdout || result.stderr) }
}

await test('the record is whole, and its rows are counted', () => {
  const report = verified()
  assert.deepEqual(report.faults, [])
  assert.equal(report.code, 0)
  assert.equal(report.whole, true)
  assert.equal(report.rows.message_key, 1)
  assert.equal(report.rows.inbox, 1)
  assert.ok(report.rows.resource >= 2)
  assert.match(must(['db', 'verify', directory]).stdout, /the record is whole\n$/)
})

await test('whatever is broken in the record is named by table and key, and nothing of a patient', () => {
  const at = "where type = 'Observation'"
  const breaks = [
    ['message_key', 'lab/', 'has no message in the inbox', 'update message_key set inbox_id = -inbox_id', 'update message_key set inbox_id = -inbox_id'],
    ['message_key', 'lab/', 'does not agree with its message in the inbox', `update message_key set content_hash = '\\x00'`, 'update message_key k set content_hash = i.content_hash from inbox i where i.inbox_id = k.inbox_id'],
    ['message_key', 'lab/', 'does not agree with its message in the inbox', 'update message_key set accepted = not accepted', 'update message_key set accepted = not accepted'],
    ['resource', 'Observation/', 'has no place', `create table kept as select * from resource_place ${at}; delete from resource_place ${at}`, 'insert into resource_place select * from kept; drop table kept'],
    ['resource_place', 'Observation/nobody', 'has no resource', "insert into resource_place values ('Observation', 'nobody', false, 1, 1)", "delete from resource_place where id = 'nobody'"],
    ['resource', 'Observation/', 'has a body that is no JSON object', `update resource set body = '[' || body ${at}`, `update resource set body = substr(body, 2) ${at}`],
    ['resource', 'Observation/', 'has a body that is not what was stored', `update resource set body = replace(body, '"final"', '"ended"') ${at}`, `update resource set body = replace(body, '"ended"', '"final"') ${at}`],
    ['resource', 'Observation/', 'has a body of another version', `update resource set version = version + 1 ${at}`, `update resource set version = version - 1 ${at}`],
    ['resource_history', 'Observation/', 'does not have all its earlier versions', `update resource set version = version + 1 ${at}`, `update resource set version = version - 1 ${at}`],
    ['resource', 'Observation/', 'has a body of another type', `update resource set body = replace(body, '"Observation"', '"Procedure"') ${at}`, `update resource set body = replace(body, '"Procedure"', '"Observation"') ${at}`],
    ['resource', 'Observation/', 'comes from no source record', `update resource set source_record_key = -source_record_key ${at}`, `update resource set source_record_key = -source_record_key ${at}`],
    ['contribution', 'Observation/', 'is to a resource of one source', `insert into contribution select person_key, type, number, source_record_key, source_time, inbox_id, marks, body from resource ${at}`, `delete from contribution ${at}`],
    ['source_record', '', 'has no person', 'update source_record set person_key = -person_key where person_key > 0', 'update source_record set person_key = -person_key where person_key < 0'],
    ['index_token', 'Observation.code', 'points at no resource', "insert into index_token values (1, 1, 'Observation.code', 'c', 's')", 'delete from index_token where number = 1'],
    ['shared_index_string', 'Organization.name', 'points at no resource', "insert into shared_index_string values (0, 1, 'Organization.name', 'v')", 'delete from shared_index_string where number = 1'],
  ]
  for (const [table, key, fault, broken, repair] of breaks) {
    sql(broken)
    const report = verified()
    sql(repair)
    assert.equal(report.code, 1, fault)
    assert.equal(report.whole, false)
    const found = report.faults.find((each) => each.table === table && each.fault === fault)
    assert.ok(found?.key.startsWith(key), `${table} ${fault}: ${JSON.stringify(report.faults)}`)
    for (const word of ['TESTCASE', 'ALMA', 'A1001', '19710405']) assert.ok(!JSON.stringify(report).includes(word), word)
    assert.equal(verified().code, 0, `repaired: ${fault}`)
  }
})

await test('the judge takes every mark away', () => {
  assert.equal(run(['queue', 'wait-idle', directory, '--timeout', '10']).code, 0)
})

await test('send shows what a sender is answered', () => {
  const path = join(instance.top, 'send.hl7')
  writeFileSync(path, oru({ id: 'S1', filler: 'S1' }).replaceAll('\r', '\n') + oru({ id: 'S2', filler: 'S2' }))
  const sent = must(['send', '--json', directory, '--feed', 'lab', path]).stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(sent.map(({ control_id, answers }) => [control_id, answers[0].code]), [['S1', 'AA'], ['S2', 'AA']])
  writeFileSync(path, oru({ id: 'S3', filler: 'S3' }).replace('|P|2.5.1', '|P|9.9'))
  const refused = run(['send', directory, '--feed', 'lab', path])
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /^S3 AR /)
})

await test('a reload keeps connections, takes new feeds and refuses broken files', async () => {
  const peer = await connect()
  assert.match(await send(peer), /MSA\|AA\|/)
  must(['feed', 'add', directory, 'second', '--site', 'mission', '--allow', '*/*'])
  instance.child.kill('SIGHUP')
  await until('all workers reloaded', 15000, () => events('reloaded').length >= 4)
  assert.match(await send(peer), /MSA\|AA\|/)
  const other = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('second') })
  assert.match(await send(other), /MSA\|AA\|/)
  other.socket.end()

  const path = join(directory, 'feeds/second.xml')
  const good = readFileSync(path, 'utf8')
  writeFileSync(path, good.replace('<allow', '<alow'))
  instance.child.kill('SIGHUP')
  await until('all workers refused', 15000, () => events('reload-refused').length >= 4)
  const issue = events('reload-issue')[0]
  assert.match(issue.place, /feeds\/second\.xml:\d+:\d+/)
  assert.match(await send(peer), /MSA\|AA\|/)
  writeFileSync(path, good)
  peer.socket.end()
})

const paused = () => must(['feed', 'list', '--json', directory]).stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((feed) => feed.paused).map(({ name }) => name)

await test('a paused feed is not read, others are, and nothing is lost', async () => {
  const peers = [await connect(), await connect(), await connect()]
  for (const peer of peers) assert.match(await send(peer), /MSA\|AA\|/)
  const other = await MllpPeer.connect({ port: instance.mllpPort, ...instance.tls('second') })
  assert.deepEqual(paused(), [])
  const before = events('feed-paused').length
  assert.match(must(['feed', 'pause', directory, 'lab']).stdout, /^lab is paused$/m)
  must(['feed', 'pause', directory, 'lab'])
  await until('both doors know it', 2500, () => events('feed-paused').length === before + 2)
  assert.deepEqual(paused(), ['lab'])
  assert.match(must(['feed', 'list', directory]).stdout, /^lab .*\(paused\)$/m)

  // a connection that was made meanwhile is held as well
  peers.push(await connect())
  const sent = peers.map((peer) => {
    const id = nextId()
    return { id, answer: send(peer, id).then((text) => ((peer.answered = true), text)) }
  })
  await sleep(1500)
  assert.ok(peers.every((peer) => !peer.answered), 'no answer while paused')
  assert.match(await send(other), /MSA\|AA\|/)
  const listed = must(['message', 'list', '--json', directory, '--feed', 'lab']).stdout
  for (const { id } of sent) assert.ok(!listed.includes(`"control_id":"${id}"`), id)

  // doors that start while it is paused hold it too
  const doors = workers('door')
  const known = events('feed-paused').length
  for (const peer of peers.splice(3)) peer.socket.destroy()
  process.kill(doors[0].pid, 'SIGKILL')
  await until('a new door knows it', 10000, () => events('feed-paused').length === known + 1)
  const late = await connect()
  const lateAnswer = send(late, 'LATE')
  await sleep(500)
  assert.ok(!must(['message', 'list', '--json', directory]).stdout.includes('LATE'))

  assert.match(must(['feed', 'resume', directory, 'lab']).stdout, /^lab is not paused$/m)
  assert.match(await lateAnswer, /MSA\|AA\|LATE/)
  for (const { id, answer } of sent.slice(0, 3)) {
    const text = await Promise.race([answer, sleep(5000)])
    // null: its door was the one that was killed; what was never acknowledged the sender still has
    if (text !== null) assert.match(text, new RegExp(`MSA\\|AA\\|${id}`))
  }
  assert.deepEqual(paused(), [])
  for (const peer of [...peers, late, other]) peer.socket.destroy()
  assert.equal(run(['feed', 'pause', directory, 'nobody']).code, 1)
  assert.equal(sql("select string_agg(kind, ' ' order by recorded, chain, place) from audit where entities = 'feed/lab'"), 'pause pause resume')
})

await test('a worker that is killed is replaced, and nothing acknowledged is lost', async () => {
  const acknowledged = []
  for (let round = 0; round < 3; round++) {
    const peer = await connect()
    const id = nextId()
    if (/MSA\|AA\|/.test((await send(peer, id)) ?? '')) acknowledged.push(id)
    const doors = workers('door')
    for (const { pid } of doors) process.kill(pid, 'SIGKILL')
    await until('new doors', 10000, () => {
      const fresh = workers('door')
      return fresh.length === doors.length && fresh.every(({ pid }) => doors.every((old) => old.pid !== pid))
    })
    peer.socket.destroy()
  }
  await until('an answer again', 15000, async () => {
    const peer = await connect()
    const answer = await send(peer)
    peer.socket.destroy()
    return /MSA\|AA\|/.test(answer ?? '')
  })
  assert.equal(acknowledged.length, 3)
  for (const id of acknowledged) must(['message', 'show', directory, id])
})

// While the engine starts: a sender that is there before anything is known of pauses.
async function knock(stop) {
  while (!stop.now) {
    const peer = await connect().catch(() => null)
    if (!peer) {
      await sleep(20)
      continue
    }
    peer.sendRaw(frame(oru({ id: 'EARLY', filler: 'EARLY' })))
    return peer
  }
  return null
}

await test('a paused feed is paused from the first moment of a new start', async () => {
  must(['feed', 'pause', directory, 'lab'])
  await instance.stop('SIGTERM')
  const stop = { now: false }
  const knocking = knock(stop)
  await instance.serve()
  await sleep(1500)
  stop.now = true
  const peer = await knocking
  assert.ok(peer, 'the sender got in')
  assert.ok(!must(['message', 'list', '--json', directory]).stdout.includes('EARLY'))
  must(['feed', 'resume', directory, 'lab'])
  assert.match((await peer.next()).toString('utf8'), /MSA\|AA\|EARLY/)
  peer.destroy()
})

await test('an acknowledgement nobody waits for is counted and logged, and not answered', async () => {
  const peer = await connect()
  peer.sendRaw(frame('MSH|^~\\&|NEXTEHR|MISSION|PAINBRIDGE|HUB|20260310||ACK^A01^ACK|K1|P|2.5.1\rMSA|AE|TESTCASE-7\r'))
  assert.match(await send(peer, 'AFTER-ACK'), /MSA\|AA\|AFTER-ACK/)
  peer.socket.end()
  const [event] = events('ack-unexpected')
  assert.equal(event.feed, 'lab')
  assert.equal(event.code, 'AE')
  assert.ok(!instance.log.join('\n').includes('TESTCASE-7'))
  const { text } = await instance.request('/metrics', { token: instance.token('reader', 'system/*.rs') })
  assert.match(text, /^painbridge_acks_received_total\{feed="lab",code="AE"\} 1$/m)
})

await test('open connections of both doors are counted', async () => {
  const token = instance.token('reader', 'system/*.rs')
  const { text } = await instance.request('/metrics', { token })
  assert.match(text, /^painbridge_connections\{door="https"\} [1-9]\d*$/m)
})

await test('a fragment is kept for people to look at, and a flood of them is not', async () => {
  const fragment = oru({ id: 'CUT', filler: 'CUT' }).slice(0, 150)
  for (let round = 0; round < 30; round++) {
    const peer = await connect()
    peer.sendRaw(Buffer.concat([Buffer.from([0x0b]), Buffer.from(fragment)]))
    peer.end()
    await until('the door has closed too', 5000, () => peer.closed)
  }
  const kept = () => must(['message', 'list', '--json', directory, '--status', 'rejected']).stdout.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type }) => type === 'fragment')
  await until('fragments are kept', 5000, () => kept().length >= 10)
  await sleep(300)
  assert.ok(kept().length <= 20, 'ten a minute for each of two doors')
  assert.equal(kept()[0].control_id, 'CUT')
  assert.equal(kept()[0].feed, 'lab')
  assert.equal(kept()[0].answer, '')
  assert.equal(must(['message', 'show', directory, kept()[0].key, '--raw']).stdout, fragment)
  assert.ok(events('frame-truncated').length >= 30)
})

await test('after a kill of the supervisor its workers are gone and serve starts again', async () => {
  const left = engineProcesses(instance.child.pid).map(({ pid }) => pid)
  await instance.stop('SIGKILL')
  await until('workers gone', 5000, () => left.every((pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
    } catch {
      return true
    }
  }))
  await instance.serve()
  const peer = await connect()
  assert.match(await send(peer), /MSA\|AA\|/)
  peer.socket.end()
})

await test('the clock is the real one until it is set', () => {
  const { now, test_clock: isTest, set } = JSON.parse(must(['clock', 'show', '--json', directory]).stdout)
  assert.ok(Math.abs(Date.parse(now) - Date.now()) < 60000)
  assert.equal(isTest, true)
  assert.equal(set, undefined)
  assert.match(must(['clock', 'show', directory]).stdout, /\(the real time\)/)
  const examined = run(['doctor', directory])
  assert.equal(examined.code, 1)
  assert.match(examined.stderr, /test clock: no instance for patients/)
  assert.ok(instance.log.some((line) => line.includes('test clock: no instance for patients')))
})

await test('what the record says follows the clock; tokens and the log do not', async () => {
  assert.equal(run(['clock', 'set', directory, 'noon']).code, 2)
  const peer = await connect()
  // a month whose part of the inbox was never made
  must(['clock', 'set', directory, '2031-01-04T09:00:00-06:00'])
  const answer = await send(peer, 'CLOCK-1')
  assert.match(answer, /MSA\|AA\|/)
  assert.match(answer, /^MSH\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|20310104/)
  const { received } = JSON.parse(must(['message', 'show', '--json', directory, 'CLOCK-1']).stdout)
  assert.match(received, /^2031-01-04T15:00:/)
  const token = instance.token('reader', 'system/*.rs')
  const found = await instance.request('/fhir/Observation?_lastUpdated=gt2031-01-01', { token })
  assert.equal(found.status, 200)
  assert.equal(found.json.entry.length, 1)
  assert.match(found.json.entry[0].resource.meta.lastUpdated, /^2031-01-04T15:00:/)
  must(['queue', 'wait-idle', directory, '--timeout', '10'])

  const { now, set } = JSON.parse(must(['clock', 'show', '--json', directory]).stdout)
  assert.equal(Date.parse(set), Date.parse('2031-01-04T15:00:00Z'))
  assert.ok(Date.parse(now) > Date.parse(set) && Date.parse(now) < Date.parse(set) + 60000)
  assert.ok(events('clock-set').every(({ ts }) => Math.abs(Date.parse(ts) - Date.now()) < 600000))
  assert.ok(events('clock-set').length >= 3) // two doors and the judge

  // and back: what was marked at a later time is not due yet
  must(['clock', 'set', directory, '2030-12-31T23:59:59Z'])
  assert.match(await send(peer, 'CLOCK-2'), /MSA\|AA\|/)
  const back = JSON.parse(must(['message', 'show', '--json', directory, 'CLOCK-2']).stdout)
  assert.match(back.received, /^203(0-12-31|1-01-01)/)
  peer.end()
})

await test('TERM finishes what is under way and ends with exit 0', async () => {
  const peer = await connect()
  const ids = Array.from({ length: 50 }, nextId)
  for (const id of ids) peer.sendRaw(frame(oru({ id, filler: id })))
  await sleep(20)
  const began = Date.now()
  const ended = await instance.stop('SIGTERM')
  assert.equal(ended.code, 0)
  assert.ok(Date.now() - began < 10000)
  const answered = []
  for (let answer = await peer.next(); answer !== null; answer = await peer.next()) {
    answered.push(/MSA\|AA\|([^\r|]+)/.exec(answer.toString('utf8'))[1])
  }
  assert.deepEqual(answered, ids.slice(0, answered.length))
  const listed = must(['message', 'list', '--json', directory, '--limit', '1000']).stdout
  for (const id of answered) assert.ok(listed.includes(`"control_id":"${id}"`), id)
})

await test('after kills and reloads the record is whole', () => {
  const report = verified()
  assert.deepEqual(report.faults, [])
  assert.equal(report.code, 0)
})

await test('a database that is away is no reason not to start', async () => {
  must(['db', 'stop', directory])
  await instance.serve()
  assert.equal((await instance.request('/healthz')).status, 200)
  const { status, text } = await instance.request('/readyz')
  assert.equal(status, 503)
  assert.match(text, /^writing: store-down: /m)
  assert.match(text, /^reading: store-down: /m)
  assert.doesNotMatch(text, /localhost|127\.0\.0\.1|painbridge_|port/)
  assert.ok(events('store-away').some(({ why }) => /localhost|127\.0\.0\.1/.test(why)), 'the log has the detail')
  must(['db', 'start', directory])
  await until('ready', 15000, async () => (await instance.request('/readyz')).status === 200)
  assert.equal((await instance.stop('SIGTERM')).code, 0)
})

await test('a door that cannot start lets go of its sockets and says why', async () => {
  const path = join(directory, 'secrets/issuer.key')
  const key = readFileSync(path)
  writeFileSync(path, 'no key\n')
  const stop = { now: false }
  const knocking = knock(stop)
  await assert.rejects(Promise.race([instance.serve(), sleep(15000)]), /serve ended: 3/)
  stop.now = true
  ;(await knocking)?.destroy()
  assert.ok(events('start-issue').some(({ place, words }) => `${place} ${words}`.includes('issuer.key')))
  assert.ok(events('worker-ended').every(({ signal }) => signal !== 6), 'no worker was aborted')
  writeFileSync(path, key)
  await instance.serve()
  const peer = await connect()
  assert.match(await send(peer, 'AT-LAST'), /MSA\|AA\|AT-LAST/)
  peer.destroy()
  assert.equal((await instance.stop('SIGTERM')).code, 0)
})

await finish()
