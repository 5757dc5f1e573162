// population: persons as they are, with what was true of them in each year: households, twins, fathers
// and sons of one name, couples, strangers of one name and birth date, homes, telephones, surnames.
// Nothing here is written wrong; that happens in errors.mjs, when a clinic takes it down.
//
// No value is anybody's: social security numbers are of area 9xx with a group below 50 (never given
// out, neither by the SSA nor as a taxpayer number), telephones of the exchange 555.
import {
  CITIES, CULTURES, DIRECTIONS, SHELTERS, STREETS, STREET_TYPES,
} from './names.mjs'

export const FIRST_YEAR = 2006
export const LAST_YEAR = 2025

// Shares and yearly rates; each with where it comes from.
export const POPULATION = {
  // Assumed; households as clinics see them: many come alone.
  households: { alone: 0.42, couple: 0.14, parents: 0.32, parent: 0.12 },
  // Twin births: 31 to 33 of 1000 live births (CDC, National Vital Statistics), so a household with
  // two children or more has them in about one of 25.
  twins: 0.04,
  twins_sound_alike: 0.3, // assumed
  son_named_for_father: 0.1, // of first sons, assumed
  // Pairs for each person. Harris County, Texas: 69,807 pairs of 3.4 million share name and birth date
  // (Bipartisan Policy Center 2012), 0.02 for each. Pairs grow with the square of the number, so this
  // is what a hub of some 400,000 patients holds.
  namesakes: 0.0025,
  was_married: 0.4, // of women who come alone or with their children only, assumed
  // Census Bureau (CPS): 8 to 12 % of all move in a year, of renters about twice as many; assumed
  // between the two.
  moves: 0.13,
  moves_far: 0.12, // of the moves, assumed
  telephone_changes: 0.1, // a year, assumed: prepaid telephones
  telephone_given_again: 0.004, // a number that had another owner; assumed
  household_telephone: 0.45, // assumed
  own_telephone: 0.9, // of those from 16 on, assumed
  // HRSA Uniform Data System: about 5 % of health center patients are homeless; assumed higher where
  // persons come alone.
  homeless_alone: 0.1,
  homeless: 0.02,
  unit: 0.42, // homes with an apartment number, assumed
  medicaid: 0.5, // HRSA Uniform Data System: about half of the patients
  licence: 0.55, // of those from 18 on, assumed
}

export const withoutAccents = (text) =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D')
const two = (number) => String(number).padStart(2, '0')
export const dateOf = (year, month, day) => `${year}-${two(month)}-${two(day)}`
export const daysIn = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate()
export const yearOf = (date) => Number(date.slice(0, 4))
// The last entry of a history that had begun in a year.
export const inYear = (history, year) => history.findLast((entry) => entry.from <= year) ?? history[0]

class Population {
  constructor(random, count) {
    this.random = random
    this.count = count
    this.persons = []
    this.numbers = new Set()
    this.telephones = []
  }

  // A value of make() that nobody else has.
  unique(make) {
    for (;;) {
      const value = make()
      if (this.numbers.has(value)) continue
      this.numbers.add(value)
      return value
    }
  }

  surname(culture) {
    const { random } = this
    const { list, flat, tail, rare, front, back } = CULTURES[culture].surnames
    if (!random.chance(tail)) return random.ranked(list, flat)
    return rare ? random.pick(rare) : random.pick(front) + random.pick(back)
  }

  surnames(culture) {
    const first = this.surname(culture)
    return culture === 'spanish' ? [first, this.surname(culture)] : [first]
  }

  firstName(culture, sex) {
    const { random } = this
    const { compound } = CULTURES[culture]
    const { list, flat, tail, rare } = CULTURES[culture][sex]
    if (compound && random.chance(compound.share)) return random.ranked(compound[sex], 4)
    return rare && random.chance(tail) ? random.pick(rare) : random.ranked(list, flat)
  }

  given(culture, sex, father) {
    const { random } = this
    const first = this.firstName(culture, sex)
    if (culture === 'somali') {
      return [first, father ? father.given[0] : random.ranked(CULTURES.somali.M.list, 2)]
    }
    if (culture === 'vietnamese') return [first, random.pick(CULTURES.vietnamese.middle[sex])]
    const compound = CULTURES[culture].compound?.[sex].includes(first)
    if (compound || !random.chance(CULTURES[culture].second_given)) return [first]
    const { list, flat } = CULTURES[culture][sex]
    const second = random.ranked(list, flat)
    return second === first ? [first] : [first, second]
  }

  birthDate(culture, year) {
    const { random } = this
    if (year < 2000 && random.chance(CULTURES[culture].unknown_birthday)) return dateOf(year, 1, 1)
    const month = random.between(1, 12)
    return dateOf(year, month, random.between(1, daysIn(year, month)))
  }

  home(near) {
    const { random } = this
    const city = near && !random.chance(POPULATION.moves_far) ? near.place : random.pick(CITIES)
    const [long, short] = STREET_TYPES[random.weighted(STREET_TYPES.map((type) => type[2]))]
    return {
      place: city,
      number: String(random.chance(0.7) ? random.between(100, 9999) : random.between(1, 999)),
      direction: random.chance(0.2) ? random.pick(DIRECTIONS) : null,
      street: random.pick(STREETS),
      type: { long, short },
      unit: random.chance(POPULATION.unit) ? this.unit() : '',
      city: city.city,
      state: city.state,
      postal_code: random.pick(city.codes),
    }
  }

  unit() {
    const { random } = this
    if (random.chance(0.6)) return String(random.between(1, 420))
    return `${random.between(1, 24)}${random.pick(['A', 'B', 'C', 'D'])}`
  }

  homes(from, before = null) {
    const history = [{ from, home: this.home(before) }]
    for (let year = from + 1; year <= LAST_YEAR; year++) {
      if (this.random.chance(POPULATION.moves)) {
        history.push({ from: year, home: this.home(history.at(-1).home) })
      }
    }
    return history
  }

  telephone(area) {
    const { random, telephones } = this
    if (telephones.length > 200 && random.chance(POPULATION.telephone_given_again)) {
      return random.pick(telephones)
    }
    // Neither 1212 of the directory nor 5555 of the forms.
    const made = this.unique(() => `${area}-555-${random.between(1213, 5554)}`)
    telephones.push(made)
    return made
  }

  telephoneHistory(homes, changes) {
    const area = () => this.random.pick(homes[0].home.place.areas)
    const history = [{ from: FIRST_YEAR, telephone: this.telephone(area()) }]
    for (let year = FIRST_YEAR + 1; year <= LAST_YEAR; year++) {
      if (this.random.chance(changes)) history.push({ from: year, telephone: this.telephone(area()) })
    }
    return history
  }

  socialSecurityNumber() {
    const { random } = this
    return this.unique(() => {
      const serial = String(random.between(1, 9998)).padStart(4, '0')
      return `9${random.digits(2)}-${two(random.between(1, 49))}-${serial}`
    })
  }

  number(letter) {
    return this.unique(() => letter + this.random.digits(7))
  }

  // A person without a home and a telephone as yet.
  person({ culture, sex, surnames, birthYear, father, given, birth_date }) {
    const { random } = this
    const { western, elder, ssn } = CULTURES[culture]
    const person = {
      id: this.persons.length + 1,
      culture,
      sex,
      given: given ?? this.given(culture, sex, father),
      names: [{ from: 0, surnames }],
      suffix: '',
      birth_date: birth_date ?? this.birthDate(culture, birthYear),
      western: western && random.chance(western.share) ? random.ranked(western[sex], 4) : '',
      elder: elder && sex === 'M' && birthYear < 1990 ? random.pick(elder) : '',
      ssn: random.chance(ssn) ? this.socialSecurityNumber() : '',
      medicaid: random.chance(POPULATION.medicaid) ? this.number(random.pick(['K', 'R', 'X'])) : '',
      licence: birthYear < 2007 && random.chance(POPULATION.licence) ? this.number('D') : '',
      kin: [],
      marks: [],
    }
    // Tones and hooks of Vietnamese stand in no paper of the United States.
    if (culture === 'vietnamese') {
      person.given = person.given.map(withoutAccents)
      person.names = [{ from: 0, surnames: surnames.map(withoutAccents) }]
    }
    this.persons.push(person)
    return person
  }

  marry(wife, [his]) {
    const { random } = this
    if (!random.chance(CULTURES[wife.culture].wife_takes_name)) return
    const own = wife.names[0].surnames
    const birth = yearOf(wife.birth_date)
    let surnames = [his]
    if (wife.culture === 'spanish') surnames = random.pick([[his], [own[0], `de ${his}`], [own[0], his]])
    if (wife.culture === 'anglo' && random.chance(0.12)) surnames = [`${own[0]}-${his}`]
    wife.names.push({ from: Math.min(LAST_YEAR, birth + random.between(19, 45)), surnames })
  }

  // A woman who comes without a husband.
  woman(culture, birthYear) {
    const { random } = this
    const wife = this.person({ culture, sex: 'F', surnames: this.surnames(culture), birthYear })
    if (random.chance(POPULATION.was_married)) this.marry(wife, this.surnames(culture))
    return wife
  }

  couple(culture, youngest) {
    const { random } = this
    const husband = this.person({
      culture, sex: 'M', surnames: this.surnames(culture), birthYear: random.between(1938, youngest),
    })
    const wife = this.person({
      culture, sex: 'F', surnames: this.surnames(culture),
      birthYear: Math.min(youngest, yearOf(husband.birth_date) + random.between(-3, 8)),
    })
    this.marry(wife, husband.names[0].surnames)
    return [husband, wife]
  }

  childSurnames(culture, father, mother) {
    const maiden = mother.names[0].surnames[0]
    if (culture === 'spanish') {
      return father ? [father.names[0].surnames[0], maiden] : [maiden, this.surname(culture)]
    }
    if (culture === 'somali') return [father ? father.given[1] : this.surname(culture)]
    return father ? father.names[0].surnames.slice(0, 1) : [maiden]
  }

  twin(first, shared) {
    const { random } = this
    const sex = random.chance(0.65) ? first.sex : first.sex === 'M' ? 'F' : 'M'
    const { list } = CULTURES[first.culture][sex]
    const [own] = first.given
    const alike = list.filter((name) => name !== own && name.slice(0, 2) === own.slice(0, 2))
    let given
    if (alike.length > 0 && random.chance(POPULATION.twins_sound_alike)) {
      given = [random.pick(alike), ...first.given.slice(1)]
    }
    while (!given || given[0] === own) given = this.given(first.culture, sex, shared.father)
    const second = this.person({ ...shared, sex, given, birth_date: first.birth_date })
    for (const one of [first, second]) one.marks.push('twin')
    return second
  }

  children(culture, father, mother, most) {
    const { random } = this
    const surnames = this.childSurnames(culture, father, mother)
    const children = []
    let birthYear = yearOf(mother.birth_date) + random.between(17, 32)
    const count = Math.min(most, 1 + random.weighted([40, 32, 18, 10]))
    while (children.length < count && birthYear <= LAST_YEAR) {
      const sex = random.pick(['M', 'F'])
      const junior = father && sex === 'M' && children.length === 0 &&
        random.chance(POPULATION.son_named_for_father)
      const shared = { culture, surnames, birthYear, father }
      const given = junior && culture !== 'somali' ? [...father.given] : undefined
      const child = this.person({ ...shared, sex, given })
      children.push(child)
      if (given) {
        child.suffix = 'Jr'
        father.suffix = 'Sr'
        child.marks.push('named-for-father')
        father.marks.push('named-for-father')
      } else if (children.length < most && random.chance(POPULATION.twins)) {
        children.push(this.twin(child, shared))
      }
      birthYear += random.between(1, 6)
    }
    return children
  }

  members(most) {
    const { random } = this
    const cultures = Object.keys(CULTURES)
    const culture = cultures[random.weighted(cultures.map((name) => CULTURES[name].share))]
    const { alone, couple, parents, parent } = POPULATION.households
    const kind = random.weighted([alone, couple, parents, parent])
    if (kind === 0 || most < 2) {
      const birthYear = random.between(1935, 2004)
      if (random.chance(0.5)) return [this.woman(culture, birthYear)]
      return [this.person({ culture, sex: 'M', surnames: this.surnames(culture), birthYear })]
    }
    if (kind === 3) {
      const mother = this.woman(culture, random.between(1945, 2000))
      return [mother, ...this.children(culture, null, mother, most - 1)]
    }
    const pair = this.couple(culture, kind === 1 ? 2002 : 1998)
    return kind === 1 ? pair : [...pair, ...this.children(culture, ...pair, most - 2)]
  }

  household() {
    const { random } = this
    const members = this.members(this.count - this.persons.length)
    const homes = this.homes(FIRST_YEAR)
    const shared = random.chance(POPULATION.household_telephone) ? this.telephoneHistory(homes, 0.04) : null
    const head = members.find((one) => one.sex === 'F') ?? members[0]
    for (const one of members) {
      one.kin = members.filter((other) => other !== one)
      one.homes = this.homesOf(one, members, homes)
      const owns = random.chance(POPULATION.own_telephone) || one === head
      one.telephones = owns ? this.telephoneHistory(one.homes, POPULATION.telephone_changes) : null
      one.shared = one.homes === homes ? shared : null
      this.homelessFrom(one, members)
    }
    for (const one of members) one.parent = one === head ? null : head
  }

  // Grown children leave; the others live together.
  homesOf(one, members, homes) {
    const { random } = this
    const leaves = yearOf(one.birth_date) + random.between(18, 32)
    const child = members.length > 2 && members.indexOf(one) >= 2
    if (!child || leaves > LAST_YEAR) return homes
    const from = Math.max(FIRST_YEAR, leaves)
    const before = homes.filter((entry) => entry.from < from)
    return [...before, ...this.homes(from, (before.at(-1) ?? homes[0]).home)]
  }

  homelessFrom(one, members) {
    const { random } = this
    one.homeless_from = LAST_YEAR + 1
    const chance = members.length === 1 ? POPULATION.homeless_alone : POPULATION.homeless
    if (yearOf(one.birth_date) > 2004 || !random.chance(chance)) return
    one.homeless_from = random.between(FIRST_YEAR, LAST_YEAR)
    one.shelter = random.pick(SHELTERS)
    one.marks.push('homeless')
  }

  // Strangers to each other with one name and one birth date.
  namesakes() {
    const { random, persons } = this
    const alone = persons.filter((one) => one.kin.length === 0)
    const used = new Set()
    const same = (one, other) =>
      one !== other && one.culture === other.culture && one.sex === other.sex && !used.has(other)
    for (let left = Math.round(persons.length * POPULATION.namesakes); left > 0; left--) {
      const one = random.pick(alone.filter((person) => !used.has(person)))
      if (!one) return
      const others = alone.filter((other) => same(one, other))
      if (others.length === 0) continue
      const other = random.pick(others)
      other.given = [one.given[0], ...other.given.slice(1).filter((name) => name !== one.given[0])]
      other.names = other.names.map(({ from, surnames }) => ({
        from, surnames: [one.names[0].surnames[0], ...surnames.slice(1)],
      }))
      other.birth_date = one.birth_date
      for (const person of [one, other]) {
        used.add(person)
        person.marks.push('namesake')
      }
    }
  }
}

// `count` persons, numbered from 1.
export function makePopulation(random, count) {
  const population = new Population(random, count)
  while (population.persons.length < count) population.household()
  population.namesakes()
  return population.persons
}

// What was true of a person in a year.
export function stateOf(person, year) {
  const birth = yearOf(person.birth_date)
  const grown = year - birth >= 16
  const own = person.telephones && grown ? inYear(person.telephones, year).telephone : ''
  const parents = !grown && person.parent?.telephones ? inYear(person.parent.telephones, year).telephone : ''
  const shared = person.shared ? inYear(person.shared, year).telephone : ''
  return {
    given: person.given,
    surnames: inYear(person.names, year).surnames,
    suffix: person.suffix,
    birth_date: person.birth_date,
    sex: person.sex,
    home: year >= person.homeless_from ? null : inYear(person.homes, year).home,
    phones: [...new Set([own, parents, shared].filter((telephone) => telephone))],
    ssn: person.ssn,
  }
}
