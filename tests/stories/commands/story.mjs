// What an admin types, and what the program says to it: instances, partners, files, exit codes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { haveShared, must, portBase, program, repository, run, shared } from '../lib/instance.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const top = mkdtempSync('/var/tmp/painbridge-story-')
chmodSync(top, 0o755)
const directory = join(top, 'instance')
afterAll(() => {
  run(['db', 'stop', directory])
  rmSync(top, { recursive: true, force: true })
})

function says(words, code, ...texts) {
  const result = run(words)
  assert.equal(result.code, code, `${words.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`)
  for (const text of texts) {
    assert.ok((result.stdout + result.stderr).includes(text), `${words.join(' ')} does not say ${text}:\n${result.stdout}${result.stderr}`)
  }
  return result
}

function file(name, text) {
  const path = join(top, name)
  writeFileSync(path, text)
  return path
}

// A certificate that ends in so many days.
function certificate(days) {
  const key = join(top, 'passing.key')
  const made = join(top, 'passing.pem')
  const openssl = (...words) => assert.equal(spawnSync('openssl', words).status, 0, words[0])
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=own', '-keyout', key, '-out', made)
  openssl('x509', '-req', '-in', made, '-signkey', key, '-days', String(days), '-out', made)
  return readFileSync(made, 'utf8')
}

const header = 'MSH|^~\\&|LAB|MISSION|||20260310093000-0600||ORU^R01^ORU_R01|7741|P|2.5.1'
const message = `${header}\rPID|1||A1001^^^MISSION^MR||TESTCASE^ALMA\rOBR|1||F1|718-7^Hemoglobin^LN\rOBX|1|NM|718-7^Hemoglobin^LN||7.0|g/dL|||||F\r`

// --- the command line ---------------------------------------------------------------------------

const overview = run(['--help']).stdout
const commands = [...overview.matchAll(/^ {2}([a-z]+(?: (?:[a-z][a-z-]*))*) /gm)].map((match) => match[1])

await test('every command explains itself with examples', () => {
  assert.ok(commands.length >= 20, `only ${commands.length} commands`)
  for (const command of commands) {
    const help = run([...command.split(' '), '--help'])
    assert.equal(help.code, 0, command)
    assert.match(help.stdout, /^usage: painbridge /, command)
    assert.match(help.stdout, /Examples:\n {2}(painbridge|curl)/, command)
  }
})

await test('the version names program, version and schema', () => {
  assert.match(says(['--version'], 0).stdout, /^painbridge \d+\.\d+\.\d+, schema \d+\n$/)
  const version = JSON.parse(says(['--version', '--json'], 0).stdout)
  assert.equal(version.name, 'painbridge')
  assert.ok(version.schema > 0)
})

await test('a wrong word is exit 2 with a suggestion', () => {
  says(['fed', 'list'], 2, "unknown command 'fed'", "did you mean 'painbridge feed'?")
  says(['feed', 'lst'], 2, "did you mean 'painbridge feed list'?")
  says(['convert', '--trase', 'x'], 2, "did you mean '--trace'?")
  says(['convert'], 2, 'an operand is missing: FILE...')
  says(['spec', 'PID', 'PV1'], 2, "'PV1' is one operand too many")
  says([], 2, 'usage: painbridge')
})

await test('nothing is coloured where there is no terminal', () => {
  assert.ok(!run(['fed']).stderr.includes('\u001b'))
})

// --- without an instance ------------------------------------------------------------------------

await test('parse shows fields by their numbers, from a file and from standard input', () => {
  const path = file('message.hl7', message.replaceAll('\r', '\n'))
  const parsed = JSON.parse(says(['parse', path], 0).stdout)
  const pid = parsed.segments.find(({ segment }) => segment === 'PID')
  assert.deepEqual(pid.fields[3], [[['A1001'], [], [], ['MISSION'], ['MR']]])
  assert.deepEqual(pid.fields[5], [[['TESTCASE'], ['ALMA']]])
  assert.deepEqual(JSON.parse(run(['parse', '-'], { input: message }).stdout), parsed)
})

await test('parse and convert take many messages, frames and batches', () => {
  const three = `\u000b${message}\u001c\r${message}BHS|^~\\&|X\r${message}BTS|1\r`
  for (const command of ['parse', 'convert']) {
    const result = run([command, '-'], { input: three })
    assert.equal(result.stdout.trim().split('\n').length, 3, command)
  }
})

await test('map coverage counts the rows of the guide, for each map and in all', () => {
  const counted = JSON.parse(says(['map', 'coverage', '--guide', '--json'], 0).stdout)
  const sum = (key) => counted.maps.reduce((total, map) => total + map[key], 0)
  for (const key of ['rows', 'taken', 'said_otherwise', 'left_out', 'not_computable']) assert.equal(counted.all[key], sum(key), key)
  const { taken, said_otherwise: otherwise, left_out: left, not_computable: not, rows } = counted.all
  assert.equal(taken + otherwise + left + not, rows)
  assert.ok(not <= 0.05 * rows)
  says(['map', 'coverage', '--guide'], 0, 'PID[Patient]', 'in all')
})

await test('test runs what stands in mapping files, and says what failed and why', () => {
  const folder = join(top, 'north')
  mkdirSync(folder)
  const site = (expected) => writeFileSync(join(folder, 'north.xml'), `<site id="north">
    <test name="the birth date" map="PID-Patient">
      <segment>PID|1||A1||DOE^JANE||19800229</segment>
      <expect path="birthDate" equals="${expected}"/>
    </test>
  </site>`)
  site('1980-02-29')
  says(['test', folder], 0, '1 passed, 0 failed\n')
  assert.deepEqual(JSON.parse(says(['test', '--json', join(folder, 'north.xml')], 0).stdout), { passed: 1, failed: 0, mapsWithoutTest: [] })
  says(['test', join(top, 'nothing')], 2, "there is no '")
  says(['test', join(repository, 'mappings/v2-to-fhir/datatypes/XPN-HumanName.xml')], 0, ' passed, 0 failed\n')
  site('1980-02-28')
  says(['test', folder], 1, `north.xml:4:7: failed: the birth date: expected Patient.birthDate = '1980-02-28', actual '1980-02-29'`,
    `birthDate '1980-02-29' from PID[1]-7[1] by pid.birthdate, `, '0 passed, 1 failed\n')
  const [failed] = run(['test', '--json', folder]).stdout.split('\n').map((line) => line && JSON.parse(line))
  assert.equal(failed.failures[0].trace[0].rule, 'pid.birthdate')
  writeFileSync(join(folder, 'north.xml'), '<site id="north"><test name="t"><expected/></test></site>')
  for (const command of ['test', 'check']) assert.match(run([command, folder]).stderr, /<expected> may not stand in <test> \[unknown-word\]/)
})

await test('a code table goes out as a ConceptMap and comes back as the same file', () => {
  const folder = join(top, 'tables')
  cpSync(join(repository, 'mappings'), folder, { recursive: true })
  const sex = join(folder, 'codes/AdministrativeSex.csv')
  const before = readFileSync(sex, 'utf8')
  const exported = run(['map', 'export', '--mappings', folder])
  assert.equal(exported.code, 0, exported.stderr)
  const all = join(top, 'tables.json')
  writeFileSync(all, exported.stdout)
  const notes = ['--mappings', folder, '--who', 'ana', '--why', 'agreed', '--at', '2027-01-04T12:00:00Z']
  const same = run(['map', 'import', '--json', all, ...notes])
  assert.equal(same.code, 0, same.stderr)
  const lines = same.stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.ok(lines.length > 90 && lines.every((line) => !line.changed))
  assert.equal(readFileSync(sex, 'utf8'), before)

  const map = JSON.parse(run(['map', 'export', '--mappings', folder, 'AdministrativeSex']).stdout)
  const female = map.group[0].element.find((element) => element.code === 'F')
  female.target[0].display = 'Woman'
  writeFileSync(all, JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: map }] }))
  const changed = run(['map', 'import', all, ...notes])
  assert.equal(changed.stdout, `${sex}: written\n`, changed.stderr)
  assert.match(readFileSync(sex, 'utf8'), /^F,female,[^,]*,Woman,[^,]*,yes,ana,2027-01-04,agreed$/m)
  assert.equal(run(['check', folder]).code, 0)
})

await test('an import that a table cannot hold is refused with its place and changes nothing', () => {
  const folder = join(top, 'refused')
  cpSync(join(repository, 'mappings'), folder, { recursive: true })
  const exported = run(['map', 'export', '--mappings', folder, 'AdministrativeSex', 'MaritalStatus'])
  const [sex, status] = exported.stdout.trim().split('\n').map((line) => JSON.parse(line))
  sex.group[0].element[0].display = 'changed'
  status.group[0].element[1].target[0].dependsOn = [{ property: 'http://example.org', value: 'x' }]
  const file = join(top, 'refused.json')
  writeFileSync(file, `${JSON.stringify(sex)}\n${JSON.stringify(status)}\n`)
  const refused = run(['map', 'import', file, '--mappings', folder, '--who', 'ana', '--why', 'agreed'])
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /ConceptMap\.group\[0\]\.element\[1\]\.target\[0\]\.dependsOn/)
  assert.equal(readFileSync(join(folder, 'codes/AdministrativeSex.csv'), 'utf8'),
    readFileSync(join(repository, 'mappings/codes/AdministrativeSex.csv'), 'utf8'))
  assert.equal(run(['map', 'import', file]).code, 2)
  writeFileSync(file, '{"resourceType":"Patient"}')
  assert.match(run(['map', 'import', file, '--who', 'ana', '--why', 'x']).stderr, /refused\.json: error: the resource is no ConceptMap/)
})

await test('an import of two ConceptMaps for one table, or of none, is refused', () => {
  const folder = join(top, 'west')
  mkdirSync(folder)
  writeFileSync(join(folder, 'west.xml'), '<site id="west"/>\n')
  const map = (code) => ({ resourceType: 'ConceptMap', status: 'active', url: 'urn:painbridge:site:west:table:x', group: [{ element: [{ code, target: [{ code: 'a', equivalence: 'equivalent' }] }] }] })
  const notes = ['--site', folder, '--who', 'ana', '--why', 'agreed']
  const twice = file('twice.json', `${JSON.stringify(map('1'))}\n${JSON.stringify(map('2'))}\n`)
  says(['map', 'import', twice, ...notes], 3, "table 'x' comes twice")
  says(['map', 'import', file('none.json', '\n'), ...notes], 3, 'no ConceptMap')
  says(['map', 'import', file('empty.json', '{"resourceType":"Bundle","type":"collection"}'), ...notes], 3, 'no ConceptMap')
  const wide = map('1')
  wide.group[0].element = Array.from({ length: 4200 }, (_, i) => ({ code: `c${i}`, target: [{ code: 'a', equivalence: 'equivalent', product: [{ property: `urn:painbridge:column:p${i}`, value: 'v' }] }] }))
  says(['map', 'import', file('wide.json', JSON.stringify(wide)), ...notes], 3, 'too large')
  assert.deepEqual(readdirSync(folder), ['west.xml'])
})

await test('map capture writes a message as a test that passes, without the names in it', () => {
  const folder = join(top, 'south')
  mkdirSync(folder)
  writeFileSync(join(folder, 'south.xml'), '<site id="south">\n</site>\n')
  const words = ['map', 'capture', file('capture.hl7', message + message.replace('7741', '7742')), '--as-test', 'A "hemoglobin"', '--site', folder]
  says(words, 0, '2 tests in', 'painbridge test')
  const fixtures = readdirSync(join(folder, 'fixtures')).sort()
  assert.deepEqual(fixtures, ['a-hemoglobin-2.hl7', 'a-hemoglobin.hl7'])
  const [two, one] = fixtures.map((name) => readFileSync(join(folder, 'fixtures', name), 'utf8'))
  for (const text of ['TESTCASE', 'ALMA', 'A1001', '20260310']) assert.ok(!one.includes(text), text)
  assert.equal(one.split('\r')[1], two.split('\r')[1])
  assert.ok(one.includes('OBX|1|NM|718-7^Hemoglobin^LN||7.0|g/dL|||||F'))
  says(['check', folder], 0)
  says(['test', folder], 0, '2 passed, 0 failed\n')
  assert.ok(readFileSync(join(folder, 'south.xml'), 'utf8').includes('path="valueQuantity.value" equals="7.0" by="obx.number"'))
  says(words, 5, 'is there already')
  says(['map', 'capture', join(top, 'capture.hl7'), '--as-test', 'x'], 2, '--site')
})

await test('map capture leaves all as it was where the test has no place or a message cannot be read', () => {
  const captured = file('capture.hl7', message)
  const two = file('second-is-none.hl7', message + message.replace('7741', '\x01'))
  const rows = [
    ['blank', '<site id="blank">\n  <!-- <x/> -->\n</site >\n', captured, 'x'],
    ['behind', '<site id="behind">\n</site>\n<!-- not </site> this -->\n', captured, 'x'],
    ['second', '<site id="second">\n</site>\n', two, 'x'],
    ['bytes', '<site id="bytes">\n</site>\n', captured, 'a\x01b'],
  ]
  for (const [name, text, messages, called] of rows) {
    const folder = join(top, name)
    mkdirSync(folder)
    writeFileSync(join(folder, `${name}.xml`), text)
    const answer = run(['map', 'capture', messages, '--as-test', called, '--site', folder])
    assert.equal(answer.code, 3, `${name}: ${answer.stdout}${answer.stderr}`)
    assert.equal(readFileSync(join(folder, `${name}.xml`), 'utf8'), text)
    assert.deepEqual(readdirSync(folder), [`${name}.xml`], name)
  }
})

await test('convert gives a transaction Bundle that validate takes', () => {
  const converted = run(['convert', '--at', '2026-03-10T12:00:00Z', '-'], { input: message })
  assert.equal(converted.code, 0, converted.stderr)
  const bundle = JSON.parse(converted.stdout)
  assert.equal(bundle.type, 'transaction')
  const observation = bundle.entry.map(({ resource }) => resource).find(({ resourceType }) => resourceType === 'Observation')
  assert.equal(observation.valueQuantity.unit, 'g/dL')
  assert.ok(converted.stdout.includes('"value":7.0'), 'a decimal keeps its digits')
  assert.equal(run(['validate', '-'], { input: converted.stdout }).code, 0)
})

await test('the same message converts to the same bytes', () => {
  const at = ['convert', '--at', '2026-03-10T12:00:00Z', '-']
  assert.equal(run(at, { input: message }).stdout, run(at, { input: message }).stdout)
})

await test('what was converted is converted back, one message after the other', () => {
  const at = ['--at', '2026-03-10T12:00:00Z', '-']
  const bundles = run(['convert', ...at], { input: message + message }).stdout
  const back = run(['convert', '--to', 'v2', ...at], { input: bundles })
  assert.equal(back.code, 0, back.stderr)
  assert.equal(back.stdout.split('\r').filter((line) => line.startsWith('MSH|')).length, 2)
  assert.equal(run(['convert', ...at], { input: back.stdout }).code, 0)
  assert.equal(run(['convert', '--to', 'v2', ...at], { input: bundles }).stdout, back.stdout)
  const traced = run(['convert', '--to', 'v2', '--trace', ...at], { input: bundles }).stdout
  const line = JSON.parse(traced.split('\n')[0])
  assert.ok(back.stdout.startsWith(line.message))
  assert.ok(line.trace.some((row) => row.place.startsWith('PID[1]-3') && row.rule && row.from))
})

await test('what calls for no message, or lacks what it requires, is told and exit 1', () => {
  const nothing = run(['convert', '--to', 'v2', '-'], { input: '{"resourceType":"Organization"}' })
  assert.equal(nothing.code, 1)
  assert.equal(nothing.stdout, '')
  assert.match(nothing.stderr, /calls for a message/)
  const bare = '{"resourceType":"DiagnosticReport","status":"final"}'
  const lacking = run(['convert', '--to', 'v2', '-'], { input: bare })
  assert.equal(lacking.code, 1)
  assert.match(lacking.stderr, /OBR-4 \(Universal Service Identifier\) is required/)
  assert.equal(run(['convert', '--to', 'v2', '-'], { input: '{"a":' }).code, 1)
  assert.equal(run(['convert', '--to', 'v2', '--as', 'ZZZ_Z99', '-'], { input: bare }).code, 2)
  assert.equal(run(['convert', '--to', 'v3', '-'], { input: bare }).code, 2)
})

await test('what cannot be converted is an OperationOutcome line and exit 1', () => {
  const result = run(['convert', '-'], { input: `${message}MSH|^~\\&|A|B|||2026||ZZZ^Z99|2|P|2.5.1\r` })
  assert.equal(result.code, 1)
  const lines = result.stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(lines.map(({ resourceType }) => resourceType), ['Bundle', 'OperationOutcome'])
})

await test('validate says where the fault is', () => {
  const result = run(['validate', '-'], { input: '{"resourceType":"Patient","gender":"x"}' })
  assert.equal(result.code, 1)
  assert.deepEqual(JSON.parse(result.stdout).issue[0].expression, ['Patient.gender'])
  assert.match(result.stderr, /^-: 1 error, 0 warnings$/m)
})

await test('validate takes line after line of what convert prints', () => {
  const good = '{"resourceType":"Patient","gender":"female"}'
  const result = run(['validate', '-'], { input: `${good}\n{"resourceType":"Patient","gender":"x"}\n${good}\n` })
  assert.equal(result.code, 1)
  const outcomes = result.stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(outcomes.map(({ issue }) => issue[0].severity), ['information', 'error', 'information'])
  assert.match(result.stderr, /^-:2: 1 error, 0 warnings$/m)
  assert.ok(run(['help', 'map', 'coverage']).stdout.startsWith('usage: painbridge map coverage'))
})

await test('a file that cannot be read is a wrong command line', () => {
  const words = ['convert', 'parse', 'validate', 'check', 'test', 'convert --to v2', 'map coverage', 'map import --who a --why b', 'map capture --as-test x']
  for (const command of words) {
    const result = run([...command.split(' '), join(top, 'no-such-file')])
    assert.equal(result.code, 2, `${command}: ${result.stderr}`)
    assert.match(result.stderr, /no-such-file/, command)
  }
  for (const command of ['check', 'test']) says([command, top], 3, 'is no instance (painbridge.xml), no folder of mappings (v2-to-fhir/) and no site')
})

await test('a file of another kind is told from a broken one, once', () => {
  const rows = [
    ['', 'nothing in it', 'nothing in it'],
    ['{"resourceType":"Patient"}', 'looks like JSON; painbridge convert --to v2', null],
    [message, null, 'looks like HL7 v2; painbridge convert makes FHIR of it'],
    [Buffer.from(message, 'utf16le'), 'looks like UTF-16', 'looks like UTF-16'],
    ['PID|1||A1001\r', 'begins with MSH', 'HL7 v2 without its MSH'],
    [Buffer.alloc(4096), '', ''],
    [Buffer.from('\u000b1\u001c\r\u000b2\u001c\r'), '', ''],
  ]
  for (const [bytes, noMessage, noResource] of rows) {
    const path = file('another', bytes)
    for (const [commands, hint] of [[['convert', 'parse', 'map explain'], noMessage], [['validate', 'convert --to v2'], noResource]]) {
      for (const command of hint === null ? [] : commands) {
        const result = run([...command.split(' '), path])
        assert.equal(result.code, 1, `${command}: exit ${result.code} ${result.signal} ${result.stderr}`)
        assert.ok(result.stdout.trim().split('\n').length <= 1, command)
        if (hint) assert.match(result.stderr, new RegExp(`^help: .*${hint}`, 'm'), command)
      }
    }
    if (noMessage !== null) says(['map', 'coverage', path], 1, 'no message here can be translated')
  }
})

await test('a result that was not written whole is no success', () => {
  const path = file('message.hl7', message)
  for (const command of [`convert ${path}`, `parse ${path}`, 'spec PID-5']) {
    for (const to of ['>/dev/full', '>&-']) {
      const result = spawnSync('sh', ['-c', `${program} ${command} ${to}`], { encoding: 'utf8' })
      assert.equal(result.status, 4, `${command} ${to}`)
      assert.match(result.stderr, /could not write the whole result to standard output/)
    }
  }
})

await test('a name that is none makes no file', () => {
  const folder = join(top, 'names')
  mkdirSync(folder)
  writeFileSync(join(folder, 'names.xml'), '<site id="names"/>\n')
  const path = file('message.hl7', message)
  for (const name of ['', ' ', '../..', '-', 'x'.repeat(101)]) {
    assert.equal(run(['map', 'capture', path, '--as-test', name, '--site', folder]).code, 2, name)
    assert.equal(run(['map', 'new-site', name, '--to', folder, '--from-samples', path]).code, 2, name)
  }
  assert.deepEqual(readdirSync(folder), ['names.xml'])
  says(['map', 'capture', path, '--as-test', '../../Über: den Rand', '--site', folder], 0)
  assert.deepEqual(readdirSync(join(folder, 'fixtures')), ['Über-den-rand.hl7'])
  says(['test', folder], 0, '1 passed')
})

await test('a table as spreadsheets write it is taken, or told how it differs', () => {
  const folder = join(top, 'sheet')
  mkdirSync(join(folder, 'codes'), { recursive: true })
  writeFileSync(join(folder, 'sheet.xml'), '<site id="sheet"/>\n')
  const table = (text) => writeFileSync(join(folder, 'codes/AdministrativeSex.csv'), text)
  table('\ufeffcode,target_code\r\nW,female\r\n')
  says(['check', folder], 0)
  for (const [sign, name] of [[';', "';'"], ['\t', 'tabs']]) {
    table(`code${sign}target_code\nW${sign}female\n`)
    const told = says(['check', folder], 3, `help: columns are separated by commas here, not by ${name}`)
    assert.equal(told.stderr.match(/error:/g).length, 1)
    assert.deepEqual(JSON.parse(run(['check', '--json', folder]).stdout), { errors: 1, warnings: 0 })
  }
  table('code\n\u001b[31mred,x\n')
  assert.ok(!says(['check', folder], 3, '2 | ?[31mred,x').stderr.includes('\u001b'))
})

await test('what the README looks at without an instance is there', () => {
  const [, block] = readFileSync(join(repository, 'README.md'), 'utf8').match(/## Look without an instance\n\n```\n([^`]+)```/)
  const [place, ...lines] = block.trim().split('\n')
  assert.ok(lines.length > 5)
  for (const line of lines) {
    const script = `set -o pipefail; ${place}; ${line.replaceAll('build/painbridge', program)}`
    const result = spawnSync('bash', ['-c', script], { cwd: repository, encoding: 'utf8' })
    assert.equal(result.status, 0, `${line}\n${result.stderr}`)
    assert.ok(result.stdout.length > 0, line)
  }
})

await test('why of FHIR names the element, rule and line that a field is made of', () => {
  const patient = {
    resourceType: 'Patient', id: 'p', gender: 'female', name: [{ family: 'Testcase' }],
    identifier: [{ system: 'urn:painbridge:site:local:mrn', value: 'A1001' }],
  }
  const path = file('why.json', JSON.stringify(patient))
  const name = says(['why', path, 'PID-5.1'], 0, 'Testcase   PID[1]-5[1].1.1', 'Patient/p name[0].family')
  assert.match(name.stdout, /^message ADT\^A08, /)
  assert.match(name.stdout, /rule +to-xpn\.family, .*HumanName-XPN\.xml:\d+:\d+/)
  assert.match(says(['why', path, 'PID-8'], 0).stdout, /table +AdministrativeSex, .*AdministrativeSex\.csv:\d+/)
  const line = JSON.parse(run(['why', '--json', path, 'PID-3.1']).stdout)
  assert.deepEqual([line.place, line.value, line.from], ['PID[1]-3[1].1.1', 'A1001', 'Patient/p identifier[0].value'])
  says(['why', path, 'EVN-1'], 0, 'literal of the rule')
  says(['why', path, 'PID-9'], 1, 'no rule wrote anything there')
  says(['why', path, 'Patient'], 2, 'is no field')
  says(['why', '--as', 'ORU_R01', path], 1, 'no resource here can be sent as this message')
})

await test('why names segment, field, rule and line', () => {
  const path = file('why.hl7', message)
  const result = says(['why', path, 'Observation', 'valueQuantity.value'], 0, 'OBX[1]-5')
  assert.match(result.stdout, /rule {3}\S+, \S+\.xml:\d+:\d+/)
  assert.match(result.stdout, /^7\.0 {3}Observation\.valueQuantity\.value/)
  says(['why', path, 'Observation', 'noSuchElement'], 1)
})

await test('spec knows both standards', () => {
  says(['spec', 'PID-5'], 0, 'Patient Name', 'XPN')
  says(['spec', 'PID-3.4'], 0, 'Assigning Authority')
  says(['spec', 'Observation.value'], 0, 'Quantity', 'CodeableConcept')
  says(['spec', 'pid-5'], 0, 'Patient Name')
  says(['spec', 'ORU_R01'], 0, 'PATIENT_RESULT', 'group, required, repeats', '      PID')
  says(['spec', 'HL70001'], 0, 'Administrative Sex')
  says(['spec', 'XYZ-1'], 1)
  says(['spec', 'PIDD-5'], 1, "did you mean 'PID-5'?")
  says(['spec', 'Observaton.value'], 1, "did you mean 'Observation.value'?")
  assert.ok(!says(['spec', 'bundle.json'], 1).stderr.includes('did you mean'))
})

await test('check says of each broken mapping file what its test expects, byte for byte', () => {
  const folder = 'tests/mapping/broken'
  const names = readdirSync(join(repository, folder)).filter((name) => name.endsWith('.xml'))
  assert.ok(names.length >= 10)
  process.chdir(repository)
  for (const name of names) {
    const result = run(['check', '--mappings', 'tests/mapping/rules', `${folder}/${name}`])
    assert.equal(result.code, 3, name)
    assert.equal(result.stderr, readFileSync(join(repository, folder, name.replace('.xml', '.expected')), 'utf8'))
  }
  says(['check', 'mappings'], 0)
})

await test('each of the public messages gets an answer', () => {
  if (!haveShared) skip('no shared folder')
  const folder = join(shared, 'samples/v2/messages')
  const names = readdirSync(folder)
  const result = run(['convert', ...names.map((name) => join(folder, name))])
  assert.ok(result.code === 0 || result.code === 1, `exit ${result.code} ${result.signal}`)
  const lines = result.stdout.trim().split('\n')
  assert.ok(lines.length >= names.length)
  for (const line of lines) assert.match(JSON.parse(line).resourceType, /^(Bundle|OperationOutcome)$/)
})

// --- an instance --------------------------------------------------------------------------------

await test('init makes a migrated, stopped instance whose secrets are secret', () => {
  says(['init', directory, '--port-base', String(portBase(100))], 0)
  for (const name of ['tls/ca.key', 'tls/server.key', 'tls/database.key', 'secrets/id.key', 'secrets/issuer.key', 'secrets/door.password']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name)
  }
  assert.equal(statSync(join(directory, 'secrets')).mode & 0o777, 0o700)
  says(['db', 'status', directory], 1, 'stopped')
})

await test('init leaves alone what is there', () => {
  says(['init', directory], 5, 'is not empty')
  assert.ok(existsSync(join(directory, 'painbridge.xml')))
})

await test('a port that is in use is named, and init takes back what it made', async () => {
  const holder = createServer().listen(portBase(100) + 2, '127.0.0.1')
  await once(holder, 'listening')
  const second = join(top, 'second-instance')
  says(['db', 'start', directory], 4, `port ${portBase(100) + 2} is in use`)
  says(['init', second, '--port-base', String(portBase(100))], 4, `port ${portBase(100) + 2} is in use`, '--port-base')
  assert.deepEqual(existsSync(second) ? readdirSync(second) : [], [])
  holder.close()
})

await test('the database starts, stops and says so', () => {
  says(['db', 'start', directory], 0, 'running')
  says(['db', 'start', directory], 0, 'running')
  assert.equal(JSON.parse(says(['db', 'status', '--json', directory], 0).stdout).state, 'running')
  assert.equal(JSON.parse(says(['db', 'migrate', '--json', directory], 0).stdout).migrations_run, 0)
  says(['db', 'stop', directory], 0, 'stopped')
  says(['db', 'migrate', directory], 4)
  says(['message', 'list', directory], 4)
  says(['db', 'verify', directory], 4)
  says(['db', 'start', directory], 0)
  says(['db', 'verify', directory], 0, 'the record is whole')
})

await test('the directory may come from the environment', () => {
  assert.equal(run(['db', 'status'], { env: { PAINBRIDGE_DIR: directory } }).code, 0)
  says(['db', 'status', top], 3, 'there is no painbridge.xml')
})

await test('sites and feeds are added once, and wrong words are refused', () => {
  says(['site', 'add', directory, 'mission', '--time-zone', 'America/Nowhere'], 2, "'time-zone' must be")
  says(['site', 'add', directory, 'mission', '--time-zone', 'America/Los_Angeles', '--charset', '8859/1'], 0)
  says(['site', 'add', directory, 'mission', '--time-zone', 'UTC'], 5, 'is there already')
  for (const name of ['../evil', '']) says(['site', 'add', directory, name, '--time-zone', 'UTC'], 2, 'a name has')
  says(['feed', 'add', directory, 'lab', '--site', 'mision', '--allow', 'LAB/MISSION'], 2, "there is no site 'mision'")
  says(['feed', 'add', directory, 'lab', '--site', 'mission', '--allow', 'LAB'], 2, 'APP/FACILITY')
  says(['feed', 'add', directory, 'lab', '--site', 'mission', '--allow', 'A/B', '--set', 'accept_lf=maybe'], 2, "'accept_lf' must be yes or no")
  says(['feed', 'add', directory, 'lab', '--site', 'mission', '--allow', 'LAB/MISSION', '--allow', 'LAB2/MISSION', '--set', 'accept_lf=yes', '--set', 'receiving=PB/HUB'], 0)
  const feed = JSON.parse(says(['feed', 'show', '--json', directory, 'lab'], 0).stdout)
  assert.deepEqual(feed.allow, ['LAB/MISSION', 'LAB2/MISSION'])
  assert.equal(feed.charset, '8859/1')
  assert.match(feed.fingerprint, /^[0-9a-f]{64}$/)
  assert.ok(existsSync(join(directory, 'tls/lab.key')))
  says(['feed', 'show', directory, 'nobody'], 1)
})

await test('what root writes into a folder of the instance belongs to who has the instance', () => {
  if (process.getuid() !== 0) skip('not root')
  const sites = join(directory, 'sites')
  const owner = statSync(sites).uid
  const heard = file('heard.hl7', message)
  assert.notEqual(owner, 0)
  says(['map', 'new-site', 'harbor', '--to', sites, heard], 0)
  says(['map', 'capture', heard, '--site', join(sites, 'harbor'), '--as-test', 'heard'], 0)
  const table = file('table.json', says(['map', 'export', 'Religion'], 0).stdout)
  says(['map', 'import', table, '--site', join(sites, 'harbor'), '--who', 'ana', '--why', 'as shipped'], 0, 'written')
  for (const name of ['', 'harbor.xml', 'codes', 'codes/authorities.csv', 'codes/Religion.csv', 'fixtures', 'fixtures/heard.hl7']) {
    assert.equal(statSync(join(sites, 'harbor', name)).uid, owner, name)
  }
  rmSync(join(sites, 'harbor'), { recursive: true })
})

await test('a file in which there is nothing to be sent is no success', () => {
  says(['send', directory, '--feed', 'lab', file('nothing.hl7', '')], 2, 'nothing to be sent')
  says(['send', directory, '--feed', 'lab', join(top, 'no-such-file')], 2, 'could not read')
})

await test('feeds are listed without the database, which alone knows their pauses', () => {
  says(['feed', 'pause', directory, 'lab'], 0, 'lab is paused')
  assert.equal(JSON.parse(says(['feed', 'show', '--json', directory, 'lab'], 0).stdout).paused, true)
  says(['feed', 'show', directory, 'lab'], 0, 'paused       yes')
  says(['db', 'stop', directory], 0)
  assert.equal(JSON.parse(says(['feed', 'list', '--json', directory], 0, 'it is not known which feeds are paused').stdout).paused, undefined)
  says(['feed', 'resume', directory, 'lab'], 4)
  says(['db', 'start', directory], 0)
  says(['feed', 'resume', directory, 'lab'], 0, 'lab is not paused')
})

await test('a feed with its own certificate gets no key from us', () => {
  says(['feed', 'add', directory, 'own', '--site', 'mission', '--allow', 'X/Y', '--cert', join(directory, 'tls/lab.pem')], 0)
  assert.equal(readFileSync(join(directory, 'tls/own.pem'), 'utf8'), readFileSync(join(directory, 'tls/lab.pem'), 'utf8'))
  assert.ok(!existsSync(join(directory, 'tls/own.key')))
})

await test('a token is signed by the instance and says what was asked for', () => {
  for (const scope of ['', ' ', 'system/*.everything', 'system/*.rs,system/Patient.c', 'patient/*.sr']) {
    says(['client', 'add', directory, 'reports', '--scope', scope], 2, '--help')
  }
  says(['client', 'add', directory, 'reports', '--scope', 'system/*.rs'], 0)
  const answer = JSON.parse(says(['token', '--json', directory, '--client', 'reports', '--scope', 'system/Patient.rs', '--patient', 'p1'], 0).stdout)
  const [head, payload, signature] = answer.access_token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  assert.equal(claims.client_id, 'reports')
  assert.equal(claims.sub, 'reports')
  assert.equal(claims.scope, 'system/Patient.rs')
  assert.equal(claims.patient, 'p1')
  assert.equal(claims.exp - claims.iat, 3600)
  assert.equal(JSON.parse(Buffer.from(head, 'base64url')).alg, 'ES256')
  const key = createPublicKey(readFileSync(join(directory, 'secrets/issuer.key')))
  assert.ok(verify('sha256', Buffer.from(`${head}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
  says(['token', directory, '--client', 'nobody', '--scope', 'system/*.rs'], 5)
})

await test('a token for more than its client may have is refused', () => {
  for (const scope of ['system/*.cruds', 'system/Patient.rs system/Goal.u', 'patient/Patient.rs', 'everything']) {
    const refused = says(['token', directory, '--client', 'reports', '--scope', scope], 5, "help: it may have at most 'system/*.rs'")
    assert.equal(refused.stdout, '')
  }
})

await test('a mistake in a file is shown with line, column, caret and help', () => {
  const path = join(directory, 'painbridge.xml')
  const good = readFileSync(path, 'utf8')
  writeFileSync(path, good.replace('<mllp port', '<mllp prot'))
  const result = says(['feed', 'list', directory], 3, "'prot' is no setting of mllp [setting-unknown]", '^~~~', "help: did you mean 'port'?")
  assert.match(result.stderr, /painbridge\.xml:\d+:\d+: error: /)
  writeFileSync(path, good)
  says(['check', directory], 0, 'no errors')
})

await test('check looks at certificates, the mappings and their example site', () => {
  const path = join(directory, 'tls/own.pem')
  const good = readFileSync(path, 'utf8')
  for (const [days, code, word] of [[29, 0, 'warning: the certificate expires on'], [-1, 3, 'error: the certificate has expired on']]) {
    writeFileSync(path, certificate(days))
    says(['check', directory], code, `tls/own.pem: ${word}`)
  }
  writeFileSync(path, 'no certificate')
  says(['check', directory], 3, 'own.pem')
  writeFileSync(path, good)
  says(['check', directory], 0, 'no errors, 0 warnings')

  const mappings = join(top, 'mappings')
  cpSync(join(repository, 'mappings'), mappings, { recursive: true })
  says(['check', mappings], 0)
  const example = join(mappings, 'example-site/example-site.xml')
  writeFileSync(example, readFileSync(example, 'utf8').replace('</site>', '<sett/></site>'))
  says(['check', mappings], 3, 'example-site.xml:')
})

await test('serve refuses a broken configuration as check does, and starts nothing', () => {
  const site = join(directory, 'sites/mission/mission.xml')
  const feed = join(directory, 'feeds/lab.xml')
  for (const [path, from, to] of [[site, '</site>', '<sett/></site>'], [feed, '<allow', '<alow'], [join(directory, 'tls/lab.pem'), 'BEGIN', 'BEGUN']]) {
    const good = readFileSync(path, 'utf8')
    writeFileSync(path, good.replace(from, to))
    const checked = run(['check', directory])
    const served = run(['serve', directory])
    assert.equal(checked.code, 3, path)
    assert.equal(served.code, 3, path)
    assert.match(served.stderr, path.endsWith('.xml') ? /\.xml:\d+:\d+: error: / : /lab\.pem/)
    assert.equal(served.stderr, checked.stderr, path)
    writeFileSync(path, good)
  }
  says(['check', directory], 0)
})

await test('the doctor finds a secret that others can read', () => {
  says(['doctor', directory], 0)
  chmodSync(join(directory, 'secrets/id.key'), 0o644)
  says(['doctor', directory], 1, 'must belong to the instance')
  chmodSync(join(directory, 'secrets/id.key'), 0o600)
})

await test('the clock is set only where it was made to be', () => {
  says(['clock', 'set', directory, '2027-01-04T09:00:00-06:00'], 5)
  says(['clock', 'set', directory, 'tomorrow'], 2)
})

await finish()
