// errors: what goes wrong, or otherwise, between a person and the record a clinic keeps of them. One
// row a kind; a record names the kinds that were made in it (`made`).
//
//   rate    of the records in which it can happen; a number, or a function of the writing
//   typed   a slip of the hand or the ear: times the clinic's own measure of care
//   may     whether it can happen here
//   make    does it; what it returns is put in place of the fields named so. null: nothing came of it
//   source  where the rate is from
//
// Sources:
//   Culbertson  Culbertson et al., Appl Clin Inform 2017;8:322: nine health systems; available: names
//               99.95 %, birth date 98.82 %, sex 99.73 %, street address 94.65 %, SSN 83 % falling to 50 %
//   Just        Just et al., Perspect Health Inf Manag 2016;13:1e: 398,939 confirmed duplicates; the
//               middle name differs in 58.30 % of pairs, the SSN in 53.54 %; of differing first names
//               53.14 % are misspelt, of differing last names 33.62 %; the rest are swaps and changes
//   Luo         Luo et al., BMC Bioinformatics 2014;15:185: 1.5 % of birth dates wrong in a public
//               health service, 2 % in another
//   Pollock     Pollock and Zamora, JASIS 1983;34:51: 90 to 95 % of misspellings have one mistake;
//               a letter left out is the commonest, doubling the first cause of one too many
//   Showalter   HFMA 2018: whole groups of patients share 1 January as birth date
//   Febrl       Christen, Pudjijono: generate2: the kinds (keyboard, scanner, sound, swaps), no rates
//   assumed     no figure found; the size is a guess that can be defended, not a measurement
import { CITY_WRITTEN, LOOKALIKES, NEIGHBOURS, NICKNAMES, PHONETIC, SPELLINGS } from './names.mjs'
import { LAST_YEAR, dateOf, daysIn, inYear, withoutAccents, yearOf } from './population.mjs'

const hasAccents = (text) => withoutAccents(text) !== text
const put = (text, at, count, instead) => text.slice(0, at) + instead + text.slice(at + count)
const likeCase = (model, letter) => (model === model.toUpperCase() ? letter.toUpperCase() : letter)

// ---- slips of the hand -----------------------------------------------------------------------

function neighbour(random, sign) {
  const near = NEIGHBOURS[withoutAccents(sign).toLowerCase()]
  return near ? likeCase(sign, random.pick([...near])) : sign
}

// One mistake in nine of ten (Pollock); the first letter, which is looked at, is mostly spared.
export function mistype(random, text) {
  const once = (word) => {
    const signs = [...word].length
    if (signs < 2 || word !== word.normalize('NFC')) return word
    const at = random.between(random.chance(0.9) ? 1 : 0, word.length - 1)
    if (!/\p{L}/u.test(word[at])) return word
    switch (random.weighted([36, 14, 28, 14, 8])) {
      case 0: return word.length > 2 ? put(word, at, 1, '') : word
      case 1: return put(word, at, 1, word[at] + word[at].toLowerCase())
      case 2: return put(word, at, 1, neighbour(random, word[at]))
      case 3: return at > 0 && /^\p{L}\p{L}/u.test(word.slice(at)) ? put(word, at, 2, word[at + 1] + word[at]) : word
      default: return put(word, at, 1, word[at] + neighbour(random, word[at]).toLowerCase())
    }
  }
  return untilOther(text, () => (random.chance(0.92) ? once(text) : once(once(text))))
}

// Two digits changed about, or a key beside.
export function mistypeDigits(random, text) {
  return untilOther(text, () => {
    const at = random.between(0, text.length - 1)
    if (!/\d/.test(text[at])) return text
    if (random.chance(0.4) && /\d/.test(text[at + 1] ?? '')) return put(text, at, 2, text[at + 1] + text[at])
    return put(text, at, 1, neighbour(random, text[at]))
  })
}

// null where nothing else comes of it: some words cannot be mistaken that way.
function untilOther(text, make) {
  for (let tries = 0; tries < 40; tries++) {
    const made = make()
    if (made !== text) return made
  }
  return null
}

function exchange(random, text, table) {
  return untilOther(text, () => {
    const [from, to] = random.pick(table)
    const places = [...text.matchAll(new RegExp(from, from.length > 1 ? 'gi' : 'g'))].map((found) => found.index)
    const inside = places.filter((at) => at > 0)
    return inside.length > 0 ? put(text, random.pick(inside), from.length, to) : text
  })
}

const first = (given, name) => (name === null ? null : { given: [name, ...given.slice(1)] })
const family = (name) => (name === null ? null : { family: name })

// ---- names: what is said at the desk ---------------------------------------------------------

function spelledOtherwise({ random, given, surnames }) {
  const rows = (name) => SPELLINGS.filter((row) => row.includes(name))
  const places = [
    ...given.map((name, i) => [given, i, rows(name)]), ...surnames.map((name, i) => [surnames, i, rows(name)]),
  ].filter(([, , found]) => found.length > 0)
  if (places.length === 0) return null
  const [list, at, found] = random.pick(places)
  const other = random.pick(random.pick(found).filter((name) => name !== list[at]))
  const made = list.map((name, i) => (i === at ? other : name))
  return list === given ? { given: made } : { surnames: made }
}

const PARTICLE = /^(de la|de los|del|de|van|st\.?) /i

function particleOtherwise(random, name) {
  const [particle] = PARTICLE.exec(name)
  const rest = name.slice(particle.length)
  return random.pick([
    rest, particle.replaceAll(' ', '') + rest, particle.replaceAll(' ', '').replace('.', '') + rest.toLowerCase(),
    particle.trim().split(' ').map((word) => word[0].toUpperCase() + word.slice(1)).join(' ') + ' ' + rest,
  ])
}

function compoundOtherwise(random, name) {
  const parts = name.split(' ')
  const short = [parts[0], parts.at(-1), parts.join('-')]
  if (parts[0] === 'María') short.push(['Ma.', ...parts.slice(1)].join(' '), ['M', ...parts.slice(1)].join(' '))
  if (parts[0] === 'José') short.push(['J', ...parts.slice(1)].join(' '))
  return random.pick(short)
}

// Syllables of one name: apart, together, with a hyphen, or only the first.
function syllablesOtherwise(random, name) {
  const [one, two] = name.split(' ')
  return random.pick([one + two.toLowerCase(), `${one}-${two}`, one, one + two])
}

const asian = ({ person }) => ['chinese', 'hmong'].includes(person.culture)

const SAID = [
  { kind: 'nickname', rate: 0.05, source: 'assumed',
    may: ({ given }) => NICKNAMES.has(given[0]),
    make: ({ random, given }) => first(given, random.pick(NICKNAMES.get(given[0]))) },
  { kind: 'western-name', rate: 0.2, source: 'assumed',
    may: ({ person }) => person.western,
    make: ({ random, person, given }) => ({
      given: random.chance(0.5) ? [person.western, ...given] : [person.western] }) },
  { kind: 'elder-name', rate: 0.15, source: 'assumed',
    may: ({ person }) => person.elder,
    make: ({ person, given }) => first(given, `${person.elder} ${given[0]}`) },
  { kind: 'spelled-otherwise', rate: 0.05, source: 'assumed',
    may: ({ given, surnames, person }) => person.culture !== 'spanish' && person.culture !== 'anglo' &&
      [...given, ...surnames].some((name) => SPELLINGS.some((row) => row.includes(name))),
    make: spelledOtherwise },
  { kind: 'compound-shortened', rate: 0.3, source: 'assumed',
    may: ({ given, person }) => person.culture === 'spanish' && given[0].includes(' '),
    make: ({ random, given }) => first(given, compoundOtherwise(random, given[0])) },
  { kind: 'syllables-otherwise', rate: 0.35, source: 'assumed',
    may: (writing) => asian(writing) && /^\S+ \S+$/.test(writing.given[0]),
    make: ({ random, given }) => first(given, syllablesOtherwise(random, given[0])) },
  { kind: 'second-given-first', rate: 0.015, source: 'assumed; a kind of Just',
    may: ({ given }) => given.length > 1,
    make: ({ given }) => ({ given: [given[1], given[0], ...given.slice(2)] }) },
  { kind: 'second-given-dropped', rate: 0.3, source: 'Just: the middle name differs most; share assumed',
    may: ({ given }) => given.length > 1,
    make: ({ given }) => ({ given: given.slice(0, 1) }) },
  { kind: 'second-given-initial', rate: 0.3, source: 'Just: the middle name differs most; share assumed',
    may: ({ given }) => given.length > 1,
    make: ({ given }) => ({ given: [given[0], given[1][0]] }) },
  { kind: 'particle-otherwise', rate: 0.3, source: 'assumed',
    may: ({ surnames }) => surnames.some((name) => PARTICLE.test(name)),
    make: ({ random, surnames }) => ({
      surnames: surnames.map((name) => (PARTICLE.test(name) ? particleOtherwise(random, name) : name)) }) },
  { kind: 'hyphen-otherwise', rate: 0.35, source: 'assumed',
    may: ({ surnames }) => surnames.some((name) => name.includes('-')),
    make: ({ random, surnames }) => {
      const [one, two] = surnames[0].split('-')
      return { surnames: random.pick([[`${one} ${two}`], [one], [two]]) }
    } },
  { kind: 'apostrophe-otherwise', rate: 0.35, source: 'assumed',
    may: ({ surnames }) => surnames.some((name) => name.includes("'")),
    make: ({ random, surnames }) => ({
      surnames: surnames.map((name) => name.replace("'", random.pick(['', ' ']))) }) },
  { kind: 'second-surname-dropped', rate: 0.2, source: 'assumed',
    may: ({ surnames }) => surnames.length > 1,
    make: ({ surnames }) => ({ surnames: surnames.slice(0, 1) }) },
  { kind: 'second-surname-as-family', rate: 0.04, source: 'assumed; a kind of Just',
    may: ({ surnames }) => surnames.length > 1,
    make: ({ given, surnames }) => ({ given: [...given, surnames[0]], surnames: surnames.slice(1) }) },
  { kind: 'grandfather-dropped', rate: 0.1, source: 'assumed; the father stands for the family',
    may: ({ person, given }) => person.culture === 'somali' && given[1]?.length > 1,
    make: ({ given }) => ({ given: given.slice(0, 1), surnames: [given[1]] }) },
  { kind: 'surnames-hyphened', rate: 0.1, source: 'assumed',
    may: ({ surnames }) => surnames.length > 1,
    make: ({ surnames }) => ({ surnames: [surnames.join('-')] }) },
  { kind: 'suffix-missing', rate: 0.5, source: 'assumed',
    may: ({ suffix }) => suffix,
    make: () => ({ suffix: '' }) },
  { kind: 'suffix-in-family', rate: 0.15, source: 'assumed',
    may: ({ suffix }) => suffix,
    make: ({ surnames, suffix }) => ({ surnames: [...surnames, suffix], suffix: '' }) },
]

// ---- names: what is typed --------------------------------------------------------------------

const NOBODY = [
  ['UNKNOWN', ['UNKNOWN']], ['DOE', ['JOHN']], ['DOE', ['JANE']], ['TEST', ['PATIENT']], ['TEST', ['TEST']],
]

const TYPED = [
  { kind: 'baby-name', rate: 0.5, source: 'assumed; newborns are registered before they are named',
    may: ({ person, year }) => yearOf(person.birth_date) === year,
    make: ({ sex }) => ({ given: [sex === 'F' ? 'BABY GIRL' : 'BABY BOY'] }) },
  { kind: 'names-swapped', rate: ({ order }) => order, source: 'assumed, by culture (names.mjs); a kind of Just',
    may: () => true,
    make: ({ given, family: name }) => ({ given: [name, ...given.slice(1)], family: given[0] }) },
  { kind: 'accents-broken', rate: 0.012, typed: true, source: 'assumed; a charset that was not said',
    may: ({ given, family: name }) => hasAccents(name) || hasAccents(given[0]),
    make: ({ given, family: name }) => {
      const broken = (text) => [...text].map((sign) => (hasAccents(sign) ? '?' : sign)).join('')
      return { given: given.map(broken), family: broken(name) }
    } },
  { kind: 'accents-lost', rate: 0.5, source: 'assumed; registration types what the card says',
    may: ({ given, family: name }) => hasAccents(name) || given.some(hasAccents),
    make: ({ given, family: name }) => ({ given: given.map(withoutAccents), family: withoutAccents(name) }) },
  { kind: 'typo-given', rate: 0.018, typed: true, source: 'assumed; shapes by Pollock',
    may: ({ given }) => given[0].length > 2,
    make: ({ random, given }) => first(given, mistype(random, given[0])) },
  { kind: 'typo-family', rate: 0.018, typed: true, source: 'assumed; shapes by Pollock',
    may: ({ family: name }) => name.length > 2,
    make: ({ random, family: name }) => family(mistype(random, name)) },
  { kind: 'phonetic-given', rate: 0.009, typed: true, source: 'assumed; kind of Febrl',
    may: ({ given }) => given[0].length > 3,
    make: ({ random, given }) => first(given, exchange(random, given[0], PHONETIC)) },
  { kind: 'phonetic-family', rate: 0.009, typed: true, source: 'assumed; kind of Febrl',
    may: ({ family: name }) => name.length > 3,
    make: ({ random, family: name }) => family(exchange(random, name, PHONETIC)) },
  { kind: 'scanned-given', rate: 0.002, typed: true, source: 'assumed; kind of Febrl',
    may: ({ given }) => given[0].length > 3,
    make: ({ random, given }) => first(given, exchange(random, given[0], LOOKALIKES)) },
  { kind: 'scanned-family', rate: 0.002, typed: true, source: 'assumed; kind of Febrl',
    may: ({ family: name }) => name.length > 3,
    make: ({ random, family: name }) => family(exchange(random, name, LOOKALIKES)) },
  { kind: 'nobodys-name', rate: 0.001, source: 'assumed',
    may: () => true,
    make: ({ random }) => {
      const [name, given] = random.pick(NOBODY)
      return { family: name, given }
    } },
]

// ---- birth date and sex ----------------------------------------------------------------------

const partsOf = (date) => date.split('-').map(Number)
const known = ({ birth_date }) => birth_date !== '' && birth_date !== '1900-01-01'

// A system takes no date that is not in the calendar, nor one to come.
function asDate(year, month, day) {
  if (month < 1 || month > 12 || day < 1 || year > LAST_YEAR || year < 1901) return null
  return day > daysIn(year, month) ? null : { birth_date: dateOf(year, month, day) }
}

function birthDigits(random, date, change) {
  for (let tries = 0; tries < 40; tries++) {
    const made = change(random, date)
    const taken = made && /^\d{4}-\d\d-\d\d$/.test(made) && made !== date ? asDate(...partsOf(made)) : null
    if (taken) return taken
  }
  return null
}

function neighbourDigit(random, date) {
  const at = random.between(0, date.length - 1)
  return /\d/.test(date[at]) ? put(date, at, 1, neighbour(random, date[at])) : null
}

function swapDigits(random, date) {
  const at = random.between(2, date.length - 2)
  return /\d\d/.test(date.slice(at, at + 2)) ? put(date, at, 2, date[at + 1] + date[at]) : null
}

const BIRTH = 'Luo: 1.5 % of birth dates wrong in all; the kinds assumed'
const BORN = [
  { kind: 'birth-date-missing', rate: 0.009, source: 'Culbertson: 1.18 %, with the placeholder',
    may: known, make: () => ({ birth_date: '' }) },
  { kind: 'birth-date-placeholder', rate: 0.003, source: 'Culbertson: 1.18 %, with what is missing',
    may: known, make: () => ({ birth_date: '1900-01-01' }) },
  { kind: 'birth-day-month-swapped', rate: 0.006, typed: true, source: BIRTH,
    may: (writing) => known(writing) && partsOf(writing.birth_date)[2] <= 12 &&
      partsOf(writing.birth_date)[1] !== partsOf(writing.birth_date)[2],
    make: ({ birth_date }) => {
      const [year, month, day] = partsOf(birth_date)
      return asDate(year, day, month)
    } },
  { kind: 'birth-year-off-one', rate: 0.003, typed: true, source: BIRTH, may: known,
    make: ({ random, birth_date }) => {
      const [year, month, day] = partsOf(birth_date)
      return asDate(year + random.pick([-1, 1]), month, day)
    } },
  { kind: 'birth-year-off-ten', rate: 0.0015, typed: true, source: BIRTH, may: known,
    make: ({ random, birth_date }) => {
      const [year, month, day] = partsOf(birth_date)
      return asDate(year + random.pick([-10, 10]), month, day)
    } },
  { kind: 'birth-digits-transposed', rate: 0.002, typed: true, source: BIRTH, may: known,
    make: ({ random, birth_date }) => birthDigits(random, birth_date, swapDigits) },
  { kind: 'birth-digit-typed', rate: 0.005, typed: true, source: BIRTH, may: known,
    make: ({ random, birth_date }) => birthDigits(random, birth_date, neighbourDigit) },
  { kind: 'birth-first-of-january', rate: 0.002, source: 'Showalter; share assumed',
    may: (writing) => known(writing) && !writing.birth_date.endsWith('-01-01'),
    make: ({ birth_date }) => ({ birth_date: dateOf(yearOf(birth_date), 1, 1) }) },
  { kind: 'sex-wrong', rate: 0.004, typed: true, source: 'assumed',
    may: ({ sex }) => sex, make: ({ sex }) => ({ sex: sex === 'M' ? 'F' : 'M' }) },
  { kind: 'sex-missing', rate: 0.0027, source: 'Culbertson: 0.27 %',
    may: ({ sex }) => sex, make: () => ({ sex: '' }) },
]

// ---- where they live -------------------------------------------------------------------------

const noHome = { number: '', direction: null, type: null, unit: '' }

function withoutHome({ random, person, year }) {
  const last = inYear(person.homes, Math.min(year, person.homeless_from - 1)).home
  const { shelter } = person
  const { line: street, city, state, postal_code } = shelter
  const sheltered = { ...noHome, street, city, state, postal_code }
  const words = random.pick(['HOMELESS', 'homeless', 'NO ADDRESS', 'UNKNOWN', 'TRANSIENT'])
  return { home: random.pick([
    sheltered, sheltered, last,
    { ...sheltered, street: 'GENERAL DELIVERY' },
    { ...sheltered, street: words, postal_code: '' },
  ]) }
}

const housed = ({ home }) => home !== null && home.street !== ''
const built = (writing) => housed(writing) && writing.home.number !== ''
const field = (home, name, value) => (value === null ? null : { home: { ...home, [name]: value } })

const LIVED = [
  { kind: 'no-fixed-address', rate: 1, source: 'as many as are homeless (population.mjs)',
    may: ({ home }) => home === null, make: withoutHome },
  { kind: 'address-missing', rate: 0.0535, source: 'Culbertson: 5.35 %', may: housed,
    make: () => ({ home: { ...noHome, street: '', city: '', state: '', postal_code: '' } }) },
  { kind: 'post-box', rate: 0.02, source: 'assumed', may: built,
    make: ({ random, home }) => ({ home: { ...home, ...noHome, street: `PO BOX ${random.between(10, 9999)}` } }) },
  { kind: 'unit-missing', rate: 0.2, source: 'assumed',
    may: (writing) => built(writing) && writing.home.unit !== '',
    make: ({ home }) => field(home, 'unit', '') },
  { kind: 'unit-otherwise', rate: 0.4, source: 'assumed',
    may: (writing) => built(writing) && writing.home.unit !== '',
    make: ({ random }) => ({ unit_mark: random.pick(['#', 'Unit ', '', 'No. ', 'Apartment ']) }) },
  { kind: 'street-otherwise', rate: 0.3, source: 'assumed; longhand where the clinic is short, or short',
    may: (writing) => built(writing) && (writing.home.type.long !== writing.home.type.short || writing.home.direction),
    make: ({ short }) => ({ short: !short }) },
  { kind: 'typo-street', rate: 0.012, typed: true, source: 'assumed; shapes by Pollock',
    may: (writing) => built(writing) && /^\p{L}{4}/u.test(writing.home.street),
    make: ({ random, home }) => field(home, 'street', mistype(random, home.street)) },
  { kind: 'typo-house-number', rate: 0.008, typed: true, source: 'assumed', may: built,
    make: ({ random, home }) => field(home, 'number', mistypeDigits(random, home.number)) },
  { kind: 'typo-postal-code', rate: 0.008, typed: true, source: 'assumed',
    may: (writing) => housed(writing) && writing.home.postal_code !== '',
    make: ({ random, home }) => field(home, 'postal_code', mistypeDigits(random, home.postal_code)) },
  { kind: 'city-otherwise', rate: 0.15, source: 'assumed',
    may: (writing) => housed(writing) && CITY_WRITTEN.has(writing.home.city),
    make: ({ random, home }) => field(home, 'city', random.pick(CITY_WRITTEN.get(home.city))) },
]

// ---- telephones and numbers ------------------------------------------------------------------

export const NO_TELEPHONES = ['555-555-5555', '000-000-0000', '999-999-9999']
export const NO_NUMBERS = ['999-99-9999', '000-00-0000']
const telephoneOf = (person, year) => (person.telephones ? inYear(person.telephones, year).telephone : '')

// Never a number that could be somebody's: area 9xx, group 01 to 49.
export const harmless = (number) => /^9\d\d-(0[1-9]|[1-4]\d)-\d{4}$/.test(number)

function mistypeNumber(random, number) {
  for (let tries = 0; tries < 40; tries++) {
    const made = mistypeDigits(random, number)
    if (made && harmless(made)) return { ssn: made }
  }
  return null
}

const REACHED = [
  { kind: 'phone-missing', rate: 0.07, source: 'assumed', may: ({ phones }) => phones.length > 0,
    make: () => ({ phones: [] }) },
  { kind: 'phone-placeholder', rate: 0.012, source: 'assumed', may: ({ phones }) => phones.length > 0,
    make: ({ random }) => ({ phones: [random.pick(NO_TELEPHONES)] }) },
  { kind: 'phone-one-only', rate: 0.45, source: 'assumed', may: ({ phones }) => phones.length > 1,
    make: ({ random, phones }) => ({ phones: [random.pick(phones)] }) },
  { kind: 'phone-of-shelter', rate: 0.3, source: 'assumed; of who has no home', may: ({ state }) => state.home === null,
    make: ({ person }) => ({ phones: [person.shelter.phone] }) },
  { kind: 'phone-of-kin', rate: 0.05, source: 'assumed; who comes along gives theirs',
    may: ({ person, year, phones }) => phones.length > 0 &&
      person.kin.some((kin) => telephoneOf(kin, year) && !phones.includes(telephoneOf(kin, year))),
    make: ({ random, person, year, phones }) => {
      const others = person.kin.map((kin) => telephoneOf(kin, year)).filter((one) => one && !phones.includes(one))
      return { phones: [random.pick(others)] }
    } },
  { kind: 'phone-typed-wrong', rate: 0.012, typed: true, source: 'assumed',
    may: ({ phones }) => phones.length > 0 && !NO_TELEPHONES.includes(phones[0]),
    make: ({ random, phones }) => {
      const line = mistypeDigits(random, phones[0].slice(8))
      return line && { phones: [phones[0].slice(0, 8) + line, ...phones.slice(1)] }
    } },
  { kind: 'ssn-of-kin', rate: 0.004, source: 'assumed; a number of the one who is insured',
    may: ({ ssn, person }) => ssn && person.kin.some((kin) => kin.ssn),
    make: ({ random, person }) => ({ ssn: random.pick(person.kin.filter((kin) => kin.ssn)).ssn }) },
  { kind: 'ssn-typed-wrong', rate: 0.015, typed: true, source: 'assumed', may: ({ ssn }) => harmless(ssn),
    make: ({ random, ssn }) => mistypeNumber(random, ssn) },
  { kind: 'ssn-placeholder', rate: 0.06, source: 'assumed; of those who gave none where one is asked for',
    may: ({ ssn, keeps }) => ssn === '' && keeps !== '',
    make: ({ random }) => ({ ssn: random.pick(NO_NUMBERS) }) },
  { kind: 'medicaid-of-kin', rate: 0.008, source: 'assumed; a newborn under the mother\'s number',
    may: ({ medicaid, person }) => medicaid && person.kin.some((kin) => kin.medicaid),
    make: ({ random, person }) => ({ medicaid: random.pick(person.kin.filter((kin) => kin.medicaid)).medicaid }) },
  { kind: 'medicaid-typed-wrong', rate: 0.008, typed: true, source: 'assumed', may: ({ medicaid }) => medicaid,
    make: ({ random, medicaid }) => {
      const made = mistypeDigits(random, medicaid)
      return made && { medicaid: made }
    } },
]

export const SAID_KINDS = SAID
export const WRITTEN_KINDS = [...TYPED, ...BORN, ...LIVED, ...REACHED]
export const KINDS = [...SAID_KINDS, ...WRITTEN_KINDS]

// Which kinds exclude each other in one record: the first that is made stays alone.
const ALONE = [
  ['second-given-first', 'second-given-dropped', 'second-given-initial'],
  ['second-surname-dropped', 'second-surname-as-family', 'surnames-hyphened'],
  ['baby-name', 'names-swapped', 'nobodys-name'],
  ['phone-missing', 'phone-placeholder', 'phone-of-shelter', 'phone-of-kin'],
  ['second-given-first', 'grandfather-dropped'],
]

export function excluded(kind, made) {
  return ALONE.some((group) => group.includes(kind) && group.some((other) => made.includes(other)))
}
