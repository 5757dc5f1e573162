// registration: the same persons as several clinics have them on file. Each clinic has habits of its
// own (CLINICS) and makes the errors of errors.mjs; a record holds what was true when it was last put
// right, so whoever moved or married since stands in it as they were.
import { CULTURES } from './names.mjs'
import { FIRST_YEAR, LAST_YEAR, makePopulation, stateOf, withoutAccents, yearOf } from './population.mjs'
import { KINDS, SAID_KINDS, WRITTEN_KINDS, excluded } from './errors.mjs'
import { Random } from './random.mjs'

export const SHARES = {
  // How many clinics know a person: assumed, such that there are pairs enough to judge by.
  clinics: [0.6, 0.29, 0.11],
  // A second number in the same clinic, whose registration did not find the first. Reported are 5 %
  // (a physicians' group) to 10 % (hospitals) of all records.
  twice: 0.05,
  // What made a clinic miss the first number is found in the second: slips are that many times likelier.
  twice_slips: 2.5,
}

// What a clinic does with every record, or with a share of them; all shares assumed. `stale` is how
// often a record is put right in a year; `slips` the measure of care of `typed` rows.
export const CLINICS = [
  { name: 'bay', letter: 'B', weight: 0.42, application: 'NEXTEHR', facility: 'BAY', stale: 0.5, slips: 1,
    ssn: { whole: 0.45, last_four: 0.25 }, medicaid: 0.3, licence: 0.12, short: false,
    phone: (three) => three.join('-') },
  { name: 'valley', letter: 'V', weight: 0.33, application: 'OPENCHART', facility: 'VALLEY', stale: 0.35, slips: 1.2,
    first_surname: 0.9, initial: true, ssn: { whole: 0, last_four: 0 }, medicaid: 0.4, licence: 0, short: true,
    phone: ([area, exchange, line]) => `(${area}) ${exchange}-${line}` },
  { name: 'harbor', letter: 'H', weight: 0.25, application: 'MEDSYS', facility: 'HARBOR', stale: 0.14, slips: 1.6,
    capitals: true, longest: 16, ssn: { whole: 0.7, last_four: 0 }, medicaid: 0.1, licence: 0.05, short: true,
    phone: (three) => three.join('') },
  { name: 'cities', letter: 'C', weight: 0.25, application: 'NEXTEHR', facility: 'CITIES', stale: 0.4, slips: 1,
    hyphens: true, ssn: { whole: 0, last_four: 0.6 }, medicaid: 0.3, licence: 0, short: false,
    phone: (three) => three.join('.') },
  { name: 'mesa', letter: 'M', weight: 0.2, application: 'OPENCHART', facility: 'MESA', stale: 0.3, slips: 2,
    ssn: { whole: 0.3, last_four: 0.2 }, medicaid: 0.2, licence: 0.1, short: false,
    phone: (three) => three.join('-') },
]

export const OIDS = {
  ssn: '2.16.840.1.113883.4.1',
  // 2.999 is the arc for examples (ITU-T X.660).
  medicaid: '2.999.1001',
  licence: '2.999.1002',
  clinic: (clinic) => `2.999.1.${CLINICS.indexOf(clinic) + 1}`,
}

// Does the rows of `kinds` to the writing; counts what could happen, was to be expected, and did.
function apply(kinds, writing, counts, slips) {
  for (const row of kinds) {
    if (excluded(row.kind, writing.made) || !row.may(writing)) continue
    const base = typeof row.rate === 'function' ? row.rate(writing) : row.rate
    const rate = Math.min(1, row.typed ? base * slips : base)
    const hit = writing.random.chance(rate)
    const change = hit ? row.make(writing) : null
    const count = counts[row.kind]
    count.could += 1
    count.expected += rate
    count.variance += rate * (1 - rate)
    if (hit && !change) count.nothing += 1
    if (!change) continue
    count.made += 1
    writing.made.push(row.kind)
    Object.assign(writing, change)
  }
}

function habit(writing, name, change) {
  writing.made.push(`habit-${name}`)
  Object.assign(writing, change)
}

// From surnames and given names as said, to the two fields of the clinic.
function keepNames(writing) {
  const { clinic, random } = writing
  if (writing.surnames.length > 1 && random.chance(clinic.first_surname ?? 0)) {
    habit(writing, 'first-surname', { surnames: writing.surnames.slice(0, 1) })
  }
  if (clinic.initial && writing.given[1]?.length > 1) {
    habit(writing, 'initial', { given: [writing.given[0], writing.given[1][0]] })
  }
  if (clinic.hyphens && writing.surnames.length > 1) {
    habit(writing, 'hyphen', { surnames: [writing.surnames.join('-')] })
  }
  writing.family = writing.surnames.join(' ')
}

function keepNumbers(writing) {
  const { clinic, random, person } = writing
  const kept = random.next()
  writing.medicaid = random.chance(clinic.medicaid) ? person.medicaid : ''
  writing.licence = random.chance(clinic.licence) ? person.licence : ''
  writing.keeps = ''
  if (kept < clinic.ssn.whole + clinic.ssn.last_four) writing.keeps = 'last-four'
  if (kept < clinic.ssn.whole) writing.keeps = 'whole'
  if (writing.ssn !== '' && writing.keeps === '') habit(writing, 'no-ssn', { ssn: '' })
  if (writing.ssn !== '' && writing.keeps === 'last-four') writing.made.push('habit-ssn-last-four')
}

// What was true then and is no more.
function keepTime(writing, now) {
  const { state } = writing
  const other = (one, two) => JSON.stringify(one) !== JSON.stringify(two)
  if (other(state.home, now.home)) writing.made.push('moved')
  if (other(state.phones, now.phones)) writing.made.push('phone-changed')
  if (other(state.surnames, now.surnames)) writing.made.push('surname-changed')
}

function lineOf({ home, short, unit_mark }) {
  if (home.number === '') return home.street
  const form = short ? 1 : 0
  const type = short ? home.type.short : home.type.long
  const words = [home.number, home.direction?.[form], home.street, /^Broadway$/.test(home.street) ? '' : type]
  return words.filter(Boolean).join(' ') + (home.unit ? ` ${unit_mark}${home.unit}` : '')
}

function capitals(writing, line) {
  const { clinic, given, family, home } = writing
  if (!clinic.capitals) return { line, city: home.city }
  const capital = (text) => withoutAccents(text).toUpperCase()
  const whole = [family, ...given].join(' ')
  const cut = capital(family).slice(0, clinic.longest)
  if (cut.length < family.length) writing.made.push('habit-cut')
  if (withoutAccents(whole) !== whole) writing.made.push('habit-no-accents')
  Object.assign(writing, { given: given.map(capital), family: cut, suffix: capital(writing.suffix) })
  return { line: capital(line), city: capital(home.city) }
}

function finish(writing) {
  const { clinic, person, number } = writing
  const { line, city } = capitals(writing, lineOf(writing))
  const record = `${clinic.letter}${String(number).padStart(5, '0')}`
  const identifiers = [{ system: `urn:oid:${OIDS.clinic(clinic)}`, type: 'MR', value: record }]
  const also = (system, type, value) => value && identifiers.push({ system: `urn:oid:${system}`, type, value })
  also(OIDS.ssn, 'SS', writing.keeps === 'whole' ? writing.ssn : '')
  also(OIDS.medicaid, 'MA', writing.medicaid)
  also(OIDS.licence, 'DL', writing.licence)
  return {
    person: person.id,
    clinic: clinic.name,
    record,
    ...(writing.duplicate && { duplicate: true }),
    year: writing.year,
    family: writing.family,
    given: writing.given,
    suffix: writing.suffix,
    birth_date: writing.birth_date,
    sex: writing.sex,
    address: { line, city, state: writing.home.state, postal_code: writing.home.postal_code },
    phones: writing.phones.map((phone) => clinic.phone(phone.split('-'))),
    ssn4: writing.ssn.slice(-4),
    identifiers,
    made: writing.made,
  }
}

function write(person, clinic, number, random, duplicate, counts) {
  const year = Math.max(FIRST_YEAR, yearOf(person.birth_date), LAST_YEAR - random.misses(clinic.stale))
  const state = stateOf(person, year)
  const writing = {
    ...state, person, clinic, number, random, duplicate, year, state, made: [],
    order: CULTURES[person.culture].order, short: clinic.short, unit_mark: 'Apt ',
  }
  keepTime(writing, stateOf(person, LAST_YEAR))
  apply(SAID_KINDS, writing, counts, 1)
  keepNames(writing)
  keepNumbers(writing)
  apply(WRITTEN_KINDS, writing, counts, clinic.slips * (duplicate ? SHARES.twice_slips : 1))
  return finish(writing)
}

function clinicsOf(random, clinics) {
  const left = [...clinics]
  const count = Math.min(left.length, 1 + random.weighted(SHARES.clinics))
  return Array.from({ length: count }, () => left.splice(random.weighted(left.map((one) => one.weight)), 1)[0])
}

// {persons, records, counts}: `counts[kind]` = {could, expected, variance, nothing, made}.
export function register({ seed, persons: count, clinics: most }) {
  const clinics = CLINICS.slice(0, most)
  const persons = makePopulation(Random.of(seed, 'population'), count)
  const counts = Object.fromEntries(
    KINDS.map(({ kind }) => [kind, { could: 0, expected: 0, variance: 0, nothing: 0, made: 0 }]),
  )
  const visits = persons.flatMap((person) => {
    const random = Random.of(seed, 'visits', person.id)
    return clinicsOf(random, clinics).flatMap((clinic) => {
      const once = { person, clinic, at: random.next(), duplicate: false }
      if (!random.chance(SHARES.twice)) return [once]
      return [once, { ...once, at: once.at + (1 - once.at) * random.next(), duplicate: true }]
    })
  })
  // Record numbers say nothing of who belongs together.
  visits.sort((one, two) => one.at - two.at)
  const numbers = new Map(clinics.map((clinic) => [clinic, 100]))
  const records = visits.map(({ person, clinic, duplicate }) => {
    const number = numbers.get(clinic) + 1
    numbers.set(clinic, number)
    const random = Random.of(seed, 'record', clinic.name, number, person.id)
    return write(person, clinic, number, random, duplicate, counts)
  })
  return { persons, records, counts }
}
