// people: a synthetic set of persons with known truth, to judge by who is found to be the same.
//
//   node people.mjs --seed N --persons 10000 --clinics 3 [--as records|messages] > file
//
// records (usual): JSON Lines, one source record a line. `person` is the truth; `duplicate` stands
// where the same clinic has the person under an earlier number; `year` is when the record was last put
// right; `made` names the errors and habits that are in it. A judge may read person, duplicate, year
// and made; what is judged may not. A field that the clinic does not know is empty.
// messages: the same as ADT^A04 of v2.5.1, one after the other, each segment ended by CR; PID-3 has
// the truth nowhere: `record` of the two forms is the same.
//
// The same words give the same bytes. On stderr, at the end, what is in it.
//
// How rates were chosen: a published figure where one was found, else `assumed`; each stands with its
// source beside the row that uses it: names and how common they are in names.mjs, households, moves
// and namesakes in population.mjs, the clinics in registration.mjs, each kind of error in errors.mjs.
// The set was made without a look at any matcher, and no rate may be changed to suit one. What it
// cannot show: how often such errors are in the records of a clinic of yours.
import { pathToFileURL } from 'node:url'

import { KINDS } from './errors.mjs'
import { withoutAccents } from './population.mjs'
import { CLINICS, OIDS, register } from './registration.mjs'

// ---- messages --------------------------------------------------------------------------------

// HL7 v2.5.1 2.10: what separates is escaped in a value.
const ESCAPES = { '|': '\\F\\', '^': '\\S\\', '&': '\\T\\', '~': '\\R\\', '\\': '\\E\\' }
const escaped = (text) => text.replace(/[|^&~\\]/g, (sign) => ESCAPES[sign])
const field = (...components) => components.map(escaped).join('^').replace(/\^+$/, '')

const AUTHORITY = { SS: 'USSSA', MA: 'MEDICAID', DL: 'LICENSE' }

// CX with the assigner (CX.4, a HD of its own parts) and the type (CX.5).
const identifier = (clinic) => ({ system, type, value }) =>
  `${escaped(value)}^^^${AUTHORITY[type] ?? clinic.facility}&${system.replace('urn:oid:', '')}&ISO^${type}`

export function asMessage(one) {
  const clinic = CLINICS.find(({ name }) => name === one.clinic)
  const time = `${one.year}0301120000-0800`
  const { line, city, state, postal_code } = one.address
  const pid = []
  pid[1] = '1'
  pid[3] = one.identifiers.map(identifier(clinic)).join('~')
  pid[5] = field(one.family, one.given[0], one.given.slice(1).join(' '), one.suffix, '', '', 'L')
  pid[7] = one.birth_date.replaceAll('-', '')
  pid[8] = one.sex || 'U'
  pid[11] = line || city ? field(line, '', city, state, postal_code, 'USA', 'H') : ''
  pid[13] = one.phones.map((phone) => field(phone, 'PRN', 'PH')).join('~')
  const msh = [
    'MSH', '^~\\&', clinic.application, clinic.facility, 'PAINBRIDGE', 'HUB', time, '', 'ADT^A04^ADT_A01',
    `${one.record}A04`, 'P', '2.5.1', '', '', '', '', '', 'UNICODE UTF-8',
  ]
  return [
    msh.join('|'),
    `EVN|A04|${time}`,
    `PID${Array.from(pid, (value, i) => (i === 0 ? '' : `|${value ?? ''}`)).join('')}`,
    `PV1|1|O|${clinic.facility}`,
  ].map((segment) => segment + '\r').join('')
}

// ---- what is in it ---------------------------------------------------------------------------

function groupBy(list, by) {
  const groups = new Map()
  for (const one of list) {
    const key = by(one)
    if (groups.has(key)) groups.get(key).push(one)
    else groups.set(key, [one])
  }
  return groups
}

// All pairs of records of one person: [one, other].
export function truePairs(records) {
  const of = groupBy(records, (one) => one.person)
  return [...of.values()].flatMap((own) => own.flatMap((one, i) => own.slice(i + 1).map((other) => [one, other])))
}

const folded = (text) => withoutAccents(text).toUpperCase()
const digits = (text) => text.replace(/\D/g, '')
const FIELDS = {
  family: (one) => folded(one.family),
  given: (one) => folded(one.given[0] ?? ''),
  'middle names': (one) => folded(one.given.slice(1).join(' ')),
  suffix: (one) => folded(one.suffix),
  'birth date': (one) => one.birth_date,
  sex: (one) => one.sex,
  address: (one) => folded(one.address.line),
  'postal code': (one) => one.address.postal_code,
  phone: (one) => one.phones.map(digits).sort().join(' '),
  'ssn, last four': (one) => one.ssn4,
}
const KEY_FIELDS = ['family', 'given', 'birth date', 'sex', 'address', 'postal code', 'phone', 'ssn, last four']

// Both known, and not the same; of telephones none the same.
const differ = (name, one, other) => {
  const [left, right] = [FIELDS[name](one), FIELDS[name](other)]
  if (name === 'phone') return left !== '' && right !== '' && !left.split(' ').some((phone) => right.includes(phone))
  return left !== '' && right !== '' && left !== right
}

const row = (...cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(38) : String(cell).padStart(9))).join(' ')
const share = (part, whole) => `${whole ? ((100 * part) / whole).toFixed(2) : '0.00'} %`
const counted = (list, by) => [...groupBy(list, by)].map(([key, of]) => [key, of.length]).sort()
const shares = (counts, whole) => counts.map(([words, count]) => row(`  ${words}`, count, share(count, whole)))

// Pairs of records that say the same name and birth date, and are not of one person.
function strangers(records) {
  const key = (one) => `${folded(one.family)}/${FIELDS.given(one)}/${one.birth_date}`
  const groups = [...groupBy(records.filter((one) => one.birth_date !== ''), key).values()]
  return groups.reduce((sum, of) => {
    const pairs = (count) => (count * (count - 1)) / 2
    const own = [...groupBy(of, (one) => one.person).values()]
    return sum + pairs(of.length) - own.reduce((same, one) => same + pairs(one.length), 0)
  }, 0)
}

function ofRecords({ persons, records }, pairs) {
  const across = pairs.filter(([one, other]) => one.clinic !== other.clinic).length
  return [
    row('persons', persons.length),
    row('records', records.length),
    ...shares(counted(records, (one) => `of ${one.clinic}`), records.length),
    row('  second number in one clinic', records.filter((one) => one.duplicate).length),
    row('pairs that are the same person', pairs.length),
    row('  across clinics', across),
    row('  in one clinic', pairs.length - across),
    row('pairs that are not, of one name and', ''),
    row('  birth date as written', strangers(records)),
    '', row('persons', 'count', 'share'),
    ...shares(counted(persons, (one) => `named as ${one.culture}`), persons.length),
    ...shares(counted(persons.flatMap((one) => one.marks), (mark) => mark), persons.length),
    '', row('known in records', 'count', 'share'),
    ...shares(Object.entries(FIELDS).map(([name, of]) => [name, records.filter(of).length]), records.length),
  ]
}

function ofPairs(pairs) {
  const lines = ['', row('of true pairs, known in both', 'differ', 'share')]
  for (const [name, of] of Object.entries(FIELDS)) {
    const both = pairs.filter((pair) => pair.every(of))
    lines.push(...shares([[name, both.filter(([one, other]) => differ(name, one, other)).length]], both.length))
  }
  const differing = ([one, other]) => KEY_FIELDS.filter((name) => differ(name, one, other)).length
  const group = (pair) => ['0', '1', '2'][differing(pair)] ?? '3 and more'
  return [
    ...lines,
    '', row('of true pairs, differing fields *', 'pairs', 'share'),
    ...shares(counted(pairs, group), pairs.length),
    `  * of ${KEY_FIELDS.join(', ')};`,
    '    beyond capitals, accents and how a telephone number is spaced',
  ]
}

function ofErrors({ records, counts }) {
  const made = counted(records.flatMap((one) => one.made), (kind) => kind)
  const times = new Map(made)
  const errors = KINDS.map(({ kind }) => {
    const [count, { could }] = [times.get(kind) ?? 0, counts[kind]]
    return row(`  ${kind}`, count, share(count, records.length), could, share(count, could))
  })
  return [
    '', row('made in records', 'records', 'share', 'could', 'of these'),
    ...errors,
    ...shares(made.filter(([kind]) => !counts[kind]), records.length),
  ]
}

export function summary(set) {
  const pairs = truePairs(set.records)
  return [...ofRecords(set, pairs), ...ofPairs(pairs), ...ofErrors(set)].join('\n')
}

// ---- the command -----------------------------------------------------------------------------

const USAGE = 'usage: people.mjs --seed N --persons N --clinics N [--as records|messages]'

function settingsOf(words) {
  const settings = { seed: '', persons: '10000', clinics: '3', as: 'records' }
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].replace(/^--/, '')
    if (!(name in settings) || words[i + 1] === undefined) throw new Error(USAGE)
    settings[name] = words[i + 1]
  }
  const number = (name, least, most) => {
    const value = Number(settings[name])
    if (settings[name] === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new Error(`${USAGE}\n--${name}: a whole number from ${least} to ${most}`)
    }
    return value
  }
  if (!['records', 'messages'].includes(settings.as)) throw new Error(USAGE)
  return {
    seed: number('seed', 0, 4294967295), persons: number('persons', 1, 90000),
    clinics: number('clinics', 1, CLINICS.length), as: settings.as,
  }
}

function main(words) {
  const settings = settingsOf(words)
  const made = register(settings)
  const write = settings.as === 'messages' ? asMessage : (one) => JSON.stringify(one) + '\n'
  process.stdout.write(made.records.map(write).join(''))
  process.stderr.write(summary(made) + '\n')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(error.message + '\n')
    process.exitCode = 2
  }
}
