// check: whether the set of persons is what people.mjs says it is. Prints the counts last; exit 0 only
// if nothing failed. Every rule is written here anew, from the head of people.mjs and from the rows
// that declare rates, not by calling what made the value.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { KINDS } from './errors.mjs'
import { CULTURES } from './names.mjs'
import { POPULATION, stateOf } from './population.mjs'
import { asMessage, truePairs } from './people.mjs'
import { SHARES, register } from './registration.mjs'

const program = fileURLToPath(new URL('people.mjs', import.meta.url))
const run = (...words) => spawnSync(process.execPath, [program, ...words], { maxBuffer: 1 << 28, encoding: 'utf8' })
const settings = { seed: 7, persons: 10000, clinics: 3 }
const made = register(settings)
const { persons, records, counts } = made
const personOf = (record) => persons[record.person - 1]

// Whether `seen` of `of` can be chance where each has `probability`: within 4.5 standard deviations.
function near(seen, of, probability, what) {
  const expected = of * probability
  const far = 4.5 * Math.sqrt(of * probability * (1 - probability)) + 1
  assert.ok(Math.abs(seen - expected) <= far, `${what}: ${seen} of ${of}, expected ${expected.toFixed(1)}`)
}

// All text of a record, for what must stand nowhere.
const texts = (record) => [
  record.family, ...record.given, record.suffix, record.birth_date, ...Object.values(record.address),
  ...record.phones, record.ssn4, ...record.identifiers.map((one) => one.value),
]

const tests = {
  'the same words give the same bytes, another seed gives others'() {
    for (const as of ['records', 'messages']) {
      const words = ['--persons', '400', '--clinics', '3', '--as', as]
      const [once, again, other] = [11, 11, 12].map((seed) => run('--seed', String(seed), ...words))
      assert.equal(once.status, 0, once.stderr)
      assert.ok(once.stdout.length > 10000)
      assert.equal(once.stdout, again.stdout)
      assert.equal(once.stderr, again.stderr)
      assert.notEqual(once.stdout, other.stdout)
    }
  },

  'words that mean nothing are refused with the usage'() {
    const wrong = [
      [], ['--seed'], ['--seed', 'x'], ['--sead', '1'], ['--seed', '1', '--clinics', '9'],
      ['--seed', '1', '--persons', '0'], ['--seed', '1', '--as', 'poems'],
    ]
    for (const words of wrong) {
      const { status, stdout, stderr } = run(...words)
      assert.equal(status, 2, words.join(' '))
      assert.equal(stdout, '')
      assert.match(stderr, /^usage: /)
    }
  },

  'there are as many persons as asked for, each with a record'() {
    assert.equal(persons.length, settings.persons)
    assert.deepEqual(persons.map((one) => one.id), Array.from(persons, (_, i) => i + 1))
    assert.equal(new Set(records.map((one) => one.person)).size, settings.persons)
    for (const clinics of [1, 2, 5]) {
      const few = register({ ...settings, persons: 300, clinics })
      assert.equal(new Set(few.records.map((one) => one.clinic)).size, clinics)
    }
  },

  'a record number is given once in a clinic and does not tell the person'() {
    assert.equal(new Set(records.map((one) => one.record)).size, records.length)
    const first = records.filter((one) => one.clinic === 'bay')
    const rising = first.filter((one, i) => i > 0 && one.person > first[i - 1].person).length
    near(rising, first.length, 0.5, 'rising person numbers')
  },

  'duplicate stands where the clinic had the person before, and only there'() {
    const seen = new Set()
    for (const record of records) {
      const key = `${record.clinic}/${record.person}`
      assert.equal(record.duplicate === true, seen.has(key), record.record)
      seen.add(key)
    }
    near(records.filter((one) => one.duplicate).length, seen.size, SHARES.twice, 'duplicates')
  },

  'persons are spread over clinics and cultures as declared'() {
    const clinics = new Map()
    for (const { person, clinic } of records) clinics.set(person, (clinics.get(person) ?? new Set()).add(clinic))
    SHARES.clinics.forEach((share, i) => {
      const seen = [...clinics.values()].filter((of) => of.size === i + 1).length
      near(seen, persons.length, share, `${i + 1} clinics`)
    })
    for (const [name, { share }] of Object.entries(CULTURES)) {
      // Households come whole, so that persons vary more than draws of one do.
      const seen = persons.filter((one) => one.culture === name).length / persons.length
      assert.ok(Math.abs(seen - share) < 0.03, `${name}: ${seen}`)
    }
  },

  'every kind of error happens as often as its row declares'() {
    for (const { kind, rate, typed } of KINDS) {
      const { could, expected, variance, nothing, made: count } = counts[kind]
      assert.ok(could > 0, `${kind} could never happen`)
      const far = 4.5 * Math.sqrt(variance) + 1
      assert.ok(Math.abs(count + nothing - expected) <= far, `${kind}: ${count + nothing}, expected ${expected}`)
      assert.ok(nothing <= 0.25 * (count + nothing) + 4, `${kind}: nothing came of ${nothing}`)
      assert.equal(records.filter((one) => one.made.includes(kind)).length, count, kind)
      if (!typed && typeof rate === 'number') near(count + nothing, could, rate, kind)
      // The clinics' own measures of care lie between 1 and 1.6, those of second numbers above.
      if (typed) assert.ok(expected >= could * rate && expected <= could * rate * 1.6, `${kind}: ${expected / could}`)
    }
  },

  'what has no error in a field says the truth of its year'() {
    const untouched = (record, ...words) => !record.made.some((kind) => words.some((word) => kind.startsWith(word)))
    const elsewhere = new RegExp('^(birth|sex|unit|street|post|typo-(street|house|postal)|city|address|phone-|ssn' +
      '|medicaid|moved|surname-changed|no-fixed|habit-(no-ssn|ssn|first-surname|initial))')
    const plain = (record) => record.made.every((kind) => elsewhere.test(kind))
    const digits = (list) => list.map((one) => one.replace(/\D/g, ''))
    let checked = 0
    for (const record of records) {
      const state = stateOf(personOf(record), record.year)
      if (untouched(record, 'birth')) assert.equal(record.birth_date, state.birth_date)
      if (untouched(record, 'sex')) assert.equal(record.sex, state.sex)
      if (untouched(record, 'phone-') || record.made.join() === 'phone-changed') {
        assert.deepEqual(digits(record.phones), digits(state.phones))
      }
      if (untouched(record, 'ssn') && record.ssn4 !== '') assert.equal(record.ssn4, state.ssn.slice(-4))
      if (untouched(record, 'address', 'no-fixed', 'post', 'typo', 'city')) {
        assert.equal(record.address.postal_code, state.home.postal_code)
        assert.equal(record.address.city.toUpperCase(), state.home.city.toUpperCase())
      }
      if (record.clinic === 'harbor' || !plain(record)) continue
      checked++
      const surnames = record.made.includes('habit-first-surname') ? state.surnames.slice(0, 1) : state.surnames
      assert.equal(record.family, surnames.join(' '))
      assert.equal(record.given[0], state.given[0])
    }
    assert.ok(checked > records.length / 10, `only ${checked} records are plain`)
  },

  'an error in a name or a date changes it'() {
    const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
    let checked = 0
    for (const record of records) {
      const state = stateOf(personOf(record), record.year)
      if (record.made.some((kind) => kind.startsWith('birth'))) {
        checked++
        assert.notEqual(record.birth_date, state.birth_date, record.record)
      }
      if (record.made.includes('names-swapped') && record.made.length === 1) {
        checked++
        assert.equal(folded(record.family), folded(state.given[0]))
      }
      if (!record.made.includes('accents-lost')) continue
      assert.doesNotMatch(record.family + record.given.join(''), /[áéíóúñ]/i)
    }
    assert.ok(checked > 200)
  },

  'birth dates stand in the calendar and not in the future'() {
    for (const { birth_date } of records) {
      if (birth_date === '') continue
      const date = new Date(`${birth_date}T00:00:00Z`)
      assert.equal(date.toISOString().slice(0, 10), birth_date)
      assert.ok(birth_date >= '1900-01-01' && birth_date < '2026-01-01', birth_date)
    }
  },

  'no value looks like a social security number that could be given out'() {
    // The SSA gives out no area of 000, 666 or 9xx; the IRS takes 9xx with groups from 50 on.
    const nobodys = /^(000|9\d\d)-?(0\d|[1-4]\d)-?\d{4}$|^999-?99-?9999$/
    let seen = 0
    for (const record of records) {
      for (const text of texts(record)) {
        for (const [found] of text.matchAll(/(?<![\d-])\d{3}([- ]?)\d{2}\1\d{4}(?![\d-])/g)) {
          seen++
          assert.match(found, nobodys, record.record)
        }
      }
    }
    assert.ok(seen > 1000, `only ${seen} numbers seen`)
    assert.ok(persons.every((one) => one.ssn === '' || nobodys.test(one.ssn)))
  },

  'every telephone is of the exchange 555 or a placeholder'() {
    for (const { phones } of records) {
      for (const phone of phones) assert.match(phone.replace(/\D/g, ''), /^\d{3}555\d{4}$|^(\d)\1{9}$/)
    }
  },

  'twins, fathers and sons, and namesakes are what they are called'() {
    const marked = (mark) => persons.filter((one) => one.marks.includes(mark))
    const surname = (one) => one.names[0].surnames[0]
    for (const one of marked('twin')) {
      const other = one.kin.find((kin) => kin.marks.includes('twin') && kin.birth_date === one.birth_date)
      assert.ok(other, `no twin of ${one.id}`)
      assert.equal(surname(one), surname(other))
      assert.notEqual(one.given[0], other.given[0])
    }
    for (const one of marked('named-for-father')) {
      const other = one.kin.find((kin) => kin.marks.includes('named-for-father') && kin.given[0] === one.given[0])
      assert.ok(other && other.birth_date !== one.birth_date)
      assert.deepEqual([one.suffix, other.suffix].sort(), ['Jr', 'Sr'])
    }
    const key = (one) => `${one.given[0]}/${surname(one)}/${one.birth_date}`
    const namesakes = marked('namesake')
    for (const one of namesakes) {
      assert.ok(namesakes.some((other) => other !== one && key(other) === key(one) && !other.kin.includes(one)))
    }
    assert.equal(namesakes.length, 2 * Math.round(persons.length * POPULATION.namesakes))
    assert.ok(marked('twin').length > 100 && marked('named-for-father').length > 50)
  },

  'names are as common as counts of real registers say'() {
    const sharing = (key) => {
      const counted = new Map()
      for (const one of persons) counted.set(key(one), (counted.get(key(one)) ?? 0) + 1)
      return persons.filter((one) => counted.get(key(one)) > 1).length / persons.length
    }
    const name = (one) => `${one.given[0]}/${one.names.at(-1).surnames[0]}`
    // McCoy et al., BMJ Qual Saf 2013;22:219: first and last name are another's too in 16.49 to
    // 40.66 % of records, with the birth date in 0.16 % and more.
    const [alike, born] = [sharing(name), sharing((one) => `${name(one)}/${one.birth_date}`)]
    assert.ok(alike > 0.1649 && alike < 0.4066, `first and last name: ${alike}`)
    assert.ok(born > 0.0016 && born < 0.02, `with the birth date: ${born}`)
  },

  'true pairs are all records of a person, two by two'() {
    const pairs = truePairs(records)
    assert.ok(pairs.every(([one, other]) => one.person === other.person && one.record !== other.record))
    const counted = new Map()
    for (const { person } of records) counted.set(person, (counted.get(person) ?? 0) + 1)
    assert.equal(pairs.length, [...counted.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0))
    assert.ok(pairs.length > 5000)
  },

  'a message says what its record says, and not who it is'() {
    for (const record of records.slice(0, 2000)) {
      const message = asMessage(record)
      assert.match(message, /^MSH\|\^~\\&\|[A-Z]+\|[A-Z]+\|.*\r$/s)
      assert.ok(!message.includes('\n'))
      const lines = message.split('\r').filter(Boolean)
      const segments = Object.fromEntries(lines.map((line) => [line.slice(0, 3), line.split('|')]))
      assert.deepEqual(Object.keys(segments), ['MSH', 'EVN', 'PID', 'PV1'])
      const { MSH, PID } = segments
      assert.deepEqual([MSH[8], MSH[11], MSH[17]], ['ADT^A04^ADT_A01', '2.5.1', 'UNICODE UTF-8'])
      const listed = PID[3].split('~').map((one) => one.split('^'))
      assert.deepEqual(listed.map((one) => [one[0], one[4], `urn:oid:${one[3].split('&')[1]}`]),
        record.identifiers.map(({ value, type, system }) => [value, type, system]))
      const [given, ...further] = record.given
      assert.deepEqual(PID[5].split('^').slice(0, 4), [record.family, given, further.join(' '), record.suffix])
      assert.equal(PID[7], record.birth_date.replaceAll('-', ''))
      assert.equal(PID[8], record.sex || 'U')
      assert.equal(PID[13], record.phones.map((phone) => `${phone}^PRN^PH`).join('~'))
    }
  },

  'separators in a value are escaped in a message'() {
    const record = { ...records[0], family: 'A|B^C&D~E\\F', given: ['X'] }
    assert.ok(asMessage(record).includes('|A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F^X^'))
  },
}

let failed = 0
for (const [name, test] of Object.entries(tests)) {
  try {
    test()
  } catch (error) {
    failed++
    console.log(`failed: ${name}: ${error.message}`)
  }
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1
