// Our Bundles beside those that the converters of others made of the same messages, fact by fact; and
// every Bundle of the sample messages by the definitions of R4. README.md says what is compared, what
// is fair about it, and what the classes of differences.csv mean.
//
// By hand, with PAINBRIDGE_PROGRAM and the shared folder:
//   ./run --open microsoft 50       the 50 most frequent open differences, each with an example
//   ./run --file ADT_A01-0155       each difference of one message, with what we say at that place
//   ./run --rows                    how often each row of differences.csv is taken
//   ./run --row 87 5                five facts that this row takes, and what we say at their place
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCsv } from '../lib/csv.mjs'
import { haveShared, run, shared } from '../lib/instance.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'
import { compare } from './facts.mjs'
import { messagesOf } from './mended.mjs'

const here = dirname(fileURLToPath(import.meta.url))

// What a change of the rules may never fall below.
const FLOOR = { microsoft: 0.93, 'cdc-reportstream': 0.92, 'cdc-ti': 0.97 }
// The share of values that arrive, as `map coverage` counts it.
const ARRIVE = 0.975

if (!haveShared) {
  await test('the Bundles of others', () => skip('the shared samples are not here'))
  await finish()
}

const samples = join(shared, 'samples/v2')
const folder = mkdtempSync(join(tmpdir(), 'painbridge-compare-'))
afterAll(() => rmSync(folder, { recursive: true }))

const linesOf = (text) => text.split('\n').filter((line) => line !== '')

// One file for each message, named FILE.N; the answer of `convert` to each.
function converted() {
  const names = []
  for (const file of readdirSync(join(samples, 'messages')).sort()) {
    messagesOf(readFileSync(join(samples, 'messages', file))).forEach((message, i) => {
      names.push(`${file.replace(/\.hl7$/, '')}.${i + 1}`)
      writeFileSync(join(folder, names.at(-1)), message)
    })
  }
  const { stdout } = run(['convert', '--site', join(here, 'as-others'), ...names.map((name) => join(folder, name))])
  const lines = linesOf(stdout)
  assert.equal(lines.length, names.length, 'one answer for each message')
  return new Map(names.map((name, i) => [name, JSON.parse(lines[i])]))
}

function readDifferences() {
  return readCsv(join(here, 'differences.csv')).map((row) => ({
    ...row,
    sources: row.source === '' ? Object.keys(FLOOR) : row.source.split(' '),
    pathPattern: new RegExp(`^(?:${row.path})$`),
    valuePattern: row.value === '' ? /^/ : new RegExp(`^(?:${row.value})$`, 'is'),
    messagePattern: new RegExp(row.message === '' ? '' : `^(?:${row.message})$`),
    resourcePattern: row.resource === '' ? undefined : new RegExp(`^(?:${row.resource})$`, 'is'),
    taken: 0,
  }))
}

// Each of their facts: {source, message, path, value, met, near, row}; row is what explains a miss.
function comparedFacts(answers, differences) {
  const facts = []
  for (const file of readdirSync(join(samples, 'expected')).sort()) {
    const [, name, source, number] = /^(.*)\.(microsoft|cdc-reportstream|cdc-ti)(\d?)\.json$/.exec(file) ?? []
    if (!name) continue
    const message = `${name}.${number || 1}`
    const answer = answers.get(message)
    const made = answer?.resourceType === 'Bundle'
    const ours = made ? answer : { entry: [] }
    for (const fact of compare(JSON.parse(readFileSync(join(samples, 'expected', file))), ours)) {
      const row = fact.met ? undefined : differences.find((row) =>
        row.sources.includes(source) && row.pathPattern.test(fact.path) && row.valuePattern.test(fact.value) && row.messagePattern.test(message) &&
        (!row.resourcePattern || fact.said.some((one) => row.resourcePattern.test(one))))
      if (row) row.taken++
      facts.push({ source, message, made, row, ...fact })
    }
  }
  return facts
}

// What no row of the guide maps is told apart from what breaks one: the reader judges.
const classOf = ({ met, made, row }) => {
  if (met) return 'met'
  if (!row) return made ? 'open' : 'without a Bundle'
  return row.class === 'theirs' && row['decided by'] === 'no row' ? 'theirs, no row' : row.class
}

function scoreOf(source, facts) {
  const score = { facts: 0, met: 0, theirs: 0, 'theirs, no row': 0, choice: 0, ours: 0, open: 0, 'without a Bundle': 0 }
  for (const fact of facts.filter((fact) => fact.source === source)) {
    score.facts++
    score[classOf(fact)]++
  }
  const short = (share) => Math.floor(share * 1000) / 1000
  const agreed = score.facts - score.theirs - score['theirs, no row'] - score.choice
  return { ...score, share: short(score.met / agreed), 'of all': short(score.met / score.facts) }
}

function sayOpen(facts, source, count) {
  const byPath = new Map()
  for (const fact of facts)
    if (fact.source === source && fact.made && !fact.met && !fact.row) byPath.set(fact.path, [...(byPath.get(fact.path) ?? []), fact])
  const most = [...byPath].sort((a, b) => b[1].length - a[1].length).slice(0, count)
  for (const [path, [{ message, value, near }, ...more]] of most)
    console.log(`        ${more.length + 1} ${path} ${message}: ${JSON.stringify(value.slice(0, 60))}, ours ${near ? JSON.stringify(near.slice(0, 3)) : 'has no such resource'}`)
}

function sayFile(facts, name) {
  for (const { source, message, path, value, met, near, row } of facts)
    if (message.startsWith(`${name}.`) && !met)
      console.log(`${source} ${row ? `${row.class} (${row['decided by']})` : 'open'} ${path} ${JSON.stringify(value)}, ours ${JSON.stringify(near ?? 'no such resource')}`)
}

// The number of a row is that of its line in the file.
function sayRow(facts, row, count) {
  const taken = facts.filter((fact) => fact.row === row)
  console.log(`${taken.length} ${row.class} (${row['decided by']}): ${row.why}`)
  for (let i = 0; i < Math.min(count, taken.length); i++) {
    const { message, path, value, near } = taken[Math.floor((i * taken.length) / count)]
    console.log(`  ${message} ${path} ${JSON.stringify(value)}, ours ${JSON.stringify(near ?? 'no such resource')}`)
  }
}

const answers = converted()
const differences = readDifferences()
const facts = comparedFacts(answers, differences)
const [asked, ...words] = process.argv.slice(2)
if (asked === '--open') sayOpen(facts, words[0], Number(words[1] ?? 50))
if (asked === '--file') sayFile(facts, words[0])
if (asked === '--row') sayRow(facts, differences[Number(words[0]) - 2], Number(words[1] ?? 5))
if (asked === '--rows') for (const row of differences) console.log(`${row.taken} ${row.class} ${row.source} ${row.path} ${row.value}`)

for (const [source, floor] of Object.entries(FLOOR))
  await test(`of the facts of ${source} that the guide bears out at least ${floor} are ours too`, () => {
    const score = scoreOf(source, facts)
    console.log(`        ${JSON.stringify(score)}`)
    if (asked === undefined) sayOpen(facts, source, 20)
    assert.ok(score.share >= floor, `${score.share}`)
  })

await test('each row of differences.csv explains something and says what decides', () => {
  const idle = differences.filter(({ taken }) => taken === 0).map(({ source, path, value }) => `${source},${path},${value}`)
  assert.deepEqual(idle, [])
  for (const row of differences) {
    assert.match(row.class, /^(theirs|ours|choice)$/, row.path)
    assert.ok(row['decided by'] && row.why, row.path)
  }
})

// The rows of the guide by name: "PID[Patient]:10".
function guideRows() {
  const names = new Set()
  for (const [file, key] of [['messages', 'map'], ['segments', 'map'], ['datatypes', 'map'], ['codesystems', 'map']])
    for (const row of readCsv(join(shared, `v2-to-fhir/${file}.csv`))) names.add(`${row[key]}:${row.row}`)
  return names
}

await test('each row of the guide that differences.csv names is in the guide', () => {
  const rows = guideRows()
  const missing = differences.flatMap((row) => [...row['decided by'].matchAll(/(\S+):(\d+)(?:-(\d+))?(?=\s|$)/g)])
    .flatMap(([, map, first, last]) => [`${map}:${first}`, `${map}:${last ?? first}`])
    .filter((name) => !rows.has(name))
  assert.deepEqual(missing, [])
})

await test('the choices that stand for theirs are made', () => {
  const { code, stdout } = run(['test', join(here, 'as-others')])
  assert.equal(code, 0, stdout)
})

// A message that the feed would take is stored only if each of its resources is valid.
await test('each Bundle of the messages is as the definitions of R4 say', () => {
  const bundles = [...answers].filter(([, { resourceType }]) => resourceType === 'Bundle')
  const files = bundles.map(([name, bundle]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(bundle))
    return join(folder, `${name}.json`)
  })
  const outcomes = linesOf(run(['validate', ...files]).stdout).map((line) => JSON.parse(line))
  assert.equal(outcomes.length, bundles.length, 'one outcome for each Bundle')
  console.log(`        ${bundles.length} Bundles of ${answers.size} messages`)
  const failures = outcomes.flatMap(({ issue }, i) => issue
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ diagnostics, expression }) => `${bundles[i][0]}: ${expression}: ${diagnostics}`))
  assert.deepEqual(failures.slice(0, 20), [])
})

// Of the files as they are: what arrives is mapped, part of a key or asked by a condition.
await test(`of the values of the messages at least ${ARRIVE} arrive`, () => {
  const { code, stdout } = run(['map', 'coverage', '--json', '--at-least', `${ARRIVE}`, ...readdirSync(join(samples, 'messages')).sort().map((name) => join(samples, 'messages', name))])
  const { arrived, lost, share, messages, messages_refused: refused } = JSON.parse(stdout)
  console.log(`        ${arrived} arrive, ${lost} do not: ${share} (${refused} of ${messages} messages refused)`)
  assert.equal(code, 0)
})

await finish()
