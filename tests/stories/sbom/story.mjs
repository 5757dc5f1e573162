// The list of what the program is made of: whole, well-formed as CycloneDX 1.5, the same each time.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program, repository } from '../lib/instance.mjs'
import { finish, skip, test } from '../lib/tally.mjs'

const script = join(repository, 'scripts/sbom')
const made = spawnSync(script, [program])
const haveDpkg = spawnSync('dpkg-query', ['--version']).status === 0

await test('it is made offline and is the same each time', () => {
  if (!haveDpkg) skip('no dpkg here')
  assert.equal(made.status, 0, made.stderr.toString())
  assert.equal(spawnSync(script, [program]).stdout.toString(), made.stdout.toString())
})

await test('it is a CycloneDX 1.5 document', () => {
  if (!haveDpkg) skip('no dpkg here')
  const bom = JSON.parse(made.stdout)
  assert.equal(bom.bomFormat, 'CycloneDX')
  assert.equal(bom.specVersion, '1.5')
  assert.ok(Number.isInteger(bom.version) && bom.version >= 1)
  assert.match(bom.metadata.component.version, /^\d+\.\d+\.\d+$/)
  const known = ['type', 'bom-ref', 'name', 'version', 'purl', 'scope', 'hashes', 'licenses', 'properties']
  const references = new Set([bom.metadata.component['bom-ref']])
  for (const component of bom.components) {
    assert.deepEqual(Object.keys(component).filter((key) => !known.includes(key)), [])
    assert.equal(component.type, 'library')
    assert.match(component.purl, /^pkg:(deb\/debian|npm)\/[^@\s]+@[^@\s]+$/)
    assert.match(component.scope, /^(required|optional|excluded)$/)
    assert.ok(component.name && component.version)
    for (const { alg, content } of component.hashes ?? []) {
      assert.equal(alg, 'SHA-512')
      assert.match(content, /^[0-9a-f]{128}$/)
    }
    assert.ok(!references.has(component['bom-ref']), component['bom-ref'])
    references.add(component['bom-ref'])
  }
  for (const { ref, dependsOn } of bom.dependencies) for (const each of [ref, ...dependsOn]) assert.ok(references.has(each), each)
})

await test('it names every library that the program is linked with, and every peer of the tests', () => {
  if (!haveDpkg) skip('no dpkg here')
  const { components } = JSON.parse(made.stdout)
  const names = components.filter(({ scope }) => scope === 'required').map(({ name }) => name)
  for (const name of ['libssl3', 'libpq5', 'libuv1', 'libcjson1', 'libcjose0', 'libxml2', 'libseccomp2', 'libc6']) {
    assert.ok(names.some((found) => found.startsWith(name.replace(/\d+$/, ''))), name)
  }
  const lock = JSON.parse(readFileSync(join(repository, 'tests/stories/package-lock.json'), 'utf8'))
  assert.equal(components.filter(({ scope }) => scope === 'excluded').length, Object.keys(lock.packages).filter(Boolean).length)
})

await test('a program that is not there is said', () => {
  const failed = spawnSync(script, ['/nowhere/painbridge'])
  assert.notEqual(failed.status, 0)
  assert.match(failed.stderr.toString(), /there is no program/)
})

await finish()
