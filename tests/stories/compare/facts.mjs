// A Bundle as facts: what each resource says, in words that two converters can share.
const PASSED_OVER = new Set(['id', 'meta', 'text', 'implicitRules', 'resourceType', 'contained', 'lastUpdated'])
const SHARED_TYPES = new Set(['Organization', 'Practitioner', 'PractitionerRole', 'Location', 'Device', 'Medication', 'RelatedPerson', 'Endpoint', 'Substance'])
const TIME = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

const spaces = (text) => text.replace(/\s+/g, ' ').trim()

// The time of day without its zone: who leaves out the zone of MSH-7 says the same digits.
const local = (value) => (typeof value === 'string' && TIME.test(value) && value.includes('T') ? normalValue(value.replace(/(Z|[+-]\d\d:\d\d)$/, '')) : undefined)

function normalValue(value) {
  if (typeof value !== 'string') return String(value)
  if (TIME.test(value) && value.includes('T')) {
    const instant = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`)
    if (!Number.isNaN(instant)) return new Date(instant).toISOString().replace('.000Z', 'Z')
  }
  return spaces(value)
}

export function resourcesOf(bundle) {
  const byUrl = new Map()
  const resources = []
  for (const { fullUrl, resource } of bundle.entry ?? []) {
    if (!resource) continue
    resources.push(resource)
    if (fullUrl) byUrl.set(fullUrl, resource)
    if (resource.id) byUrl.set(`${resource.resourceType}/${resource.id}`, resource)
  }
  return { resources, byUrl }
}

// Whom a reference means: its type, and what people call it.
function identity(resource) {
  if (!resource) return ''
  const number = resource.identifier?.find?.(({ value }) => value)?.value
  if (number) return number
  const name = Array.isArray(resource.name) ? [resource.name[0]?.family, ...(resource.name[0]?.given ?? [])].filter(Boolean).join(' ') || resource.name[0]?.text : resource.name
  if (name) return name
  const code = resource.code?.coding?.[0]?.code ?? resource.code?.text
  return code ?? ''
}

const REFERENCE = new Set(['reference', 'type', 'identifier', 'display', 'extension'])
const isReference = (value) =>
  Object.keys(value).every((name) => REFERENCE.has(name)) && (typeof value.reference === 'string' || typeof value.type === 'string' || typeof value.display === 'string')

// A person without a number is named, and no record is made of the name: any type is meant.
const NAMED = '(named)'

function referenceFact(reference, byUrl) {
  const target = reference.reference && byUrl.get(reference.reference)
  if (target) return target.resourceType
  const typed = /^([A-Z][A-Za-z]+)\//.exec(reference.reference ?? '')
  if (typed) return typed[1]
  return reference.type ?? NAMED
}

function walk(value, path, byUrl, facts) {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, path, byUrl, facts)
    return
  }
  if (value === null || value === undefined) return
  if (typeof value !== 'object') {
    facts.push([path, normalValue(value), local(value)])
    return
  }
  if (isReference(value)) {
    facts.push([path, referenceFact(value, byUrl)])
    return
  }
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'id') continue
    if (name === 'extension' || name === 'modifierExtension') {
      for (const extension of Array.isArray(inner) ? inner : [inner]) {
        const { url, ...rest } = extension
        walk(rest, `${path}.extension(${url})`, byUrl, facts)
      }
      continue
    }
    walk(inner, `${path}.${name.replace(/^_/, '')}`, byUrl, facts)
  }
}

// An HD that names who gave a number: no name, no address, nothing but the number of the authority.
const AUTHORITY = new Set(['resourceType', 'id', 'meta', 'identifier', 'extension', 'partOf', 'active'])
const isOnlyCountry = (resource, name) => name === 'address' && resource.address.every?.((address) => Object.keys(address).every((part) => part === 'country'))
const isAuthority = (resource) =>
  /^(Organization|Location)$/.test(resource.resourceType) &&
  Object.keys(resource).every((name) => AUTHORITY.has(name) || isOnlyCountry(resource, name))

export function factsOf(resource, byUrl) {
  const facts = []
  const type = isAuthority(resource) ? `Authority` : resource.resourceType
  for (const [name, value] of Object.entries(resource)) {
    if (PASSED_OVER.has(name)) continue
    if (name === 'extension' || name === 'modifierExtension') { walk({ [name]: value }, type, byUrl, facts); continue }
    walk(value, `${type}.${name.replace(/^_/, '')}`, byUrl, facts)
  }
  return facts
}

const key = ([path, value]) => `${path}\u0001${value.toLowerCase()}`

function tally(facts) {
  const counts = new Map()
  for (const fact of facts) counts.set(key(fact), (counts.get(key(fact)) ?? 0) + 1)
  return counts
}

// A number or a name says more of which one it is than a status does.
const TELLING = /\.(identifier\.value|name|name\.family|code\.coding\.code)\u0001/

function overlap(theirs, ours) {
  let common = 0
  for (const [fact, count] of theirs) common += Math.min(count, ours.get(fact) ?? 0) * (TELLING.test(fact) ? 5 : 1)
  return common
}

// Each of their resources with ours that says most of the same; every one of ours once, but for those
// that we keep once and others write for each mention.
export function pair(theirs, ours) {
  const candidates = []
  theirs.forEach((their, i) => {
    ours.forEach((our, j) => {
      if (their.type !== our.type) return
      const common = overlap(their.counts, our.counts)
      if (common > 0) candidates.push({ i, j, common, spare: our.total - common })
    })
  })
  candidates.sort((a, b) => b.common - a.common || a.spare - b.spare || a.i - b.i || a.j - b.j)
  const taken = new Set()
  const pairs = new Map()
  for (const { i, j } of candidates) {
    if (pairs.has(i)) continue
    if (taken.has(j) && !SHARED_TYPES.has(ours[j].type)) continue
    pairs.set(i, j)
    taken.add(j)
  }
  return pairs
}

// A reference by number and name says what a resource of that number and name would say.
function named(value, found) {
  if (Array.isArray(value)) value.forEach((item) => named(item, found))
  else if (value && typeof value === 'object') {
    if (typeof value.type === 'string' && (value.identifier || value.display) && !value.reference)
      found.push({ resourceType: value.type, ...(value.identifier && { identifier: [value.identifier] }), ...(value.display && { name: value.display }) })
    Object.values(value).forEach((inner) => named(inner, found))
  }
  return found
}

export function prepared(bundle) {
  const { resources: written, byUrl } = resourcesOf(bundle)
  const resources = [...written, ...named(written, [])]
  return resources.map((resource) => {
    const facts = factsOf(resource, byUrl)
    return { type: resource.resourceType, facts, counts: tally(facts), total: facts.length, who: identity(resource) }
  })
}

// The words by which references name people and clinics.
function displaysOf(value, found) {
  if (value && typeof value === 'object') {
    if (!Array.isArray(value) && isReference(value) && value.display) found.push(` ${value.display.toLowerCase()} `)
    Object.values(value).forEach((inner) => displaysOf(inner, found))
  }
  return found
}

const NAME = /^(Practitioner\.name\.(family|given|prefix|suffix|text)|Organization\.(name|identifier\.value))$/
const isNamed = ([path, value], displays) => NAME.test(path) && displays.some((display) => display.includes(` ${value.toLowerCase()} `))

// [{path, value, met, near, said}] of each of their facts; said: all that its resource says
export function compare(theirBundle, ourBundle) {
  const theirs = prepared(theirBundle)
  const ours = prepared(ourBundle)
  const pairs = pair(theirs, ours)
  const displays = displaysOf(ourBundle, [])
  const result = []
  theirs.forEach((their, i) => {
    const our = pairs.has(i) ? ours[pairs.get(i)] : undefined
    const said = their.facts.map(([path, value]) => `${path}=${value}`)
    for (const fact of their.facts) {
      const met = our?.counts.has(key(fact)) || our?.counts.has(key([fact[0], NAMED])) || isNamed(fact, displays) || false
      const zoned = !met && fact[2] && our?.facts.some(([path, , local]) => path === fact[0] && local === fact[2])
      result.push({ path: zoned ? `${fact[0]} in another zone` : fact[0], value: fact[1], met, near: our ? our.facts.filter(([path]) => path === fact[0]).map(([, value]) => value) : undefined, said })
    }
  })
  return result
}
