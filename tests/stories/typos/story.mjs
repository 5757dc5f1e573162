// Two hundred slips of the finger in the shipped mappings, one at a time: does `check` find each, on its
// line, and say what was meant? PAINBRIDGE_SEED picks others; what was missed is printed.
//
// A slip is one letter left out, doubled, replaced by its neighbour on the keyboard, or two letters
// changed about, in a word that means something: an element, an attribute, a place, a path, the name of
// a map, table, group, converter or resource, a condition's words. No slips are made where what comes
// out is as right as what stood there: in prose, in names that a line gives to itself, in numbers (another
// number is another field: tests find that, no linter can), and in codes that are not of a closed list.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository, run } from '../lib/instance.mjs'
import { afterAll, finish, test } from '../lib/tally.mjs'

const COUNT = 200
const LEAST_FOUND = 190
const LEAST_MEANT = 160
const seed = Number(process.env.PAINBRIDGE_SEED ?? 20261122)

// xorshift: the same seed, the same slips on every machine
let state = seed >>> 0 || 1
function random(below) {
  state ^= state << 13
  state >>>= 0
  state ^= state >>> 17
  state ^= state << 5
  state >>>= 0
  return state % below
}

// The attributes whose words refer to something.
const MEANING = new Set(
  'from to as map table when key alias in into join keep unmapped invalid required clash units-from units plus minus type structure group make find path to scope action'.split(' '),
)
const NEIGHBOURS = { a: 's', b: 'v', c: 'x', d: 's', e: 'r', f: 'g', g: 'h', h: 'j', i: 'o', j: 'k', k: 'l', l: 'k', m: 'n', n: 'm', o: 'p', p: 'o', q: 'w', r: 't', s: 'd', t: 'y', u: 'i', v: 'b', w: 'e', x: 'z', y: 'u', z: 'x' }

function neighbour(letter) {
  const near = NEIGHBOURS[letter.toLowerCase()]
  return letter === letter.toUpperCase() ? near.toUpperCase() : near
}

const SLIPS = [
  (word, at) => word.slice(0, at) + word.slice(at + 1),
  (word, at) => word.slice(0, at + 1) + word[at] + word.slice(at + 1),
  (word, at) => word.slice(0, at) + neighbour(word[at]) + word.slice(at + 1),
  (word, at) => (at + 1 < word.length ? word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2) : word),
]

// [{at, word}] of the words of a file that mean something to somebody else.
function wordsOf(text) {
  const words = []
  const blanked = text.replace(/<!--[\s\S]*?-->/g, (comment) => ' '.repeat(comment.length))
  for (const tag of blanked.matchAll(/<([a-z]+)((?:\s+[a-z-]+="[^"]*")*)\s*\/?>/g)) {
    words.push({ at: tag.index + 1, word: tag[1] })
    const base = tag.index + 1 + tag[1].length
    for (const attribute of tag[2].matchAll(/([a-z-]+)="([^"]*)"/g)) {
      words.push({ at: base + attribute.index, word: attribute[1] })
      if (!MEANING.has(attribute[1])) continue
      const value = base + attribute.index + attribute[1].length + 2
      const plain = attribute[2].replace(/'[^']*'/g, (literal) => ' '.repeat(literal.length))
      for (const word of plain.matchAll(/[A-Za-z][A-Za-z]+/g)) words.push({ at: value + word.index, word: word[0] })
    }
  }
  return words
}

const folder = mkdtempSync(join(tmpdir(), 'painbridge-typos-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const mappings = join(folder, 'mappings')
cpSync(join(repository, 'mappings'), mappings, { recursive: true })
const files = ['messages', 'segments', 'datatypes'].flatMap((kind) =>
  readdirSync(join(mappings, 'v2-to-fhir', kind))
    .filter((name) => name.endsWith('.xml'))
    .sort()
    .map((name) => join(mappings, 'v2-to-fhir', kind, name)),
)

function slip() {
  for (;;) {
    const file = files[random(files.length)]
    const text = readFileSync(file, 'utf8')
    const words = wordsOf(text)
    const { at, word } = words[random(words.length)]
    const changed = SLIPS[random(SLIPS.length)](word, random(word.length))
    if (changed === word || !/^[A-Za-z]/.test(changed)) continue
    const line = text.slice(0, at).split('\n').length
    return { file, text, at, word, changed, line }
  }
}

await test(`of ${COUNT} slips of the finger ${LEAST_FOUND} are found on their line, ${LEAST_MEANT} with what was meant`, () => {
  const missed = []
  const unsaid = []
  for (let i = 0; i < COUNT; i++) {
    const { file, text, at, word, changed, line } = slip()
    writeFileSync(file, text.slice(0, at) + changed + text.slice(at + word.length))
    const { stderr } = run(['check', mappings])
    writeFileSync(file, text)
    const name = file.slice(folder.length + 1)
    const what = `${name}:${line}: ${word} -> ${changed}: ${stderr.split('\n')[0] || '(nothing)'}`
    if (!stderr.split('\n').some((said) => said.includes(`${name}:${line}:`))) missed.push(what)
    else if (!new RegExp(`(error|warning|help): .*(?<![A-Za-z])${word}(?![A-Za-z])`).test(stderr)) unsaid.push(what)
  }
  const found = COUNT - missed.length
  console.log(`        ${found} found, ${found - unsaid.length} with what was meant (seed ${seed})`)
  for (const what of missed) console.log(`        missed ${what}`)
  for (const what of unsaid) console.log(`        unsaid ${what}`)
  assert.ok(found >= LEAST_FOUND, `${found} found`)
  assert.ok(found - unsaid.length >= LEAST_MEANT, `${found - unsaid.length} with what was meant`)
})

await finish()
