// tally: runs the tests of one story in order and prints "N passed, N failed, N skipped" last.
//
//   import { test, skip, finish } from '../lib/tally.mjs'
//   await test('a message is answered AA', async () => { assert.equal(...) })
//   await finish()
//
// A test that throws has failed; skip(reason) ends it as skipped. PAINBRIDGE_ONLY=words runs only
// the tests whose name holds these words.
const counts = { passed: 0, failed: 0, skipped: 0 }
const atEnd = []

class Skipped extends Error {}

export function skip(reason) {
  throw new Skipped(reason)
}

export async function test(name, body) {
  const only = process.env.PAINBRIDGE_ONLY
  if (only && !name.includes(only)) return
  const began = Date.now()
  try {
    await body()
    counts.passed++
    console.log(`ok      ${name} (${Date.now() - began} ms)`)
  } catch (error) {
    if (error instanceof Skipped) {
      counts.skipped++
      console.log(`skipped ${name}: ${error.message}`)
      return
    }
    counts.failed++
    console.log(`FAILED  ${name}\n${error.stack ?? error}`)
  }
}

// What is to be cleaned up, last added first, whatever happens.
export function afterAll(body) {
  atEnd.unshift(body)
}

export async function finish() {
  for (const body of atEnd) {
    try {
      await body()
    } catch (error) {
      counts.failed++
      console.log(`FAILED  clean-up\n${error.stack ?? error}`)
    }
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exit(counts.failed === 0 ? 0 : 1)
}
