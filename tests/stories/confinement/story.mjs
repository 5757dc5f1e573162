// What the processes of a running engine have taken from themselves, and what the systemd unit takes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Instance, must, portBase, repository } from '../lib/instance.mjs'
import { engineProcesses } from '../lib/processes.mjs'
import { afterAll, finish, skip, test } from '../lib/tally.mjs'

const unit = join(repository, 'scripts/painbridge@.service')
const worst = 2.0

const instance = await Instance.make({ base: portBase(350) })
afterAll(() => instance.remove())
await instance.serve()

const processes = engineProcesses(instance.child.pid)
const statusOf = ({ pid }) => readFileSync(`/proc/${pid}/status`, 'utf8')
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const sanitized = /lib(asan|ubsan|clang_rt)/.test(readFileSync(`/proc/${instance.child.pid}/maps`, 'utf8'))

await test('every process of the engine is confined and gains no new rights', () => {
  if (instance.log.some((line) => line.includes('not-confined'))) skip('no seccomp here')
  assert.equal(processes.length, 5)
  for (const process of processes) {
    const status = statusOf(process)
    assert.match(status, /^Seccomp:\s+2$/m, process.role)
    assert.match(status, /^NoNewPrivs:\s+1$/m, process.role)
    // a worker has the supervisor's filter and its own
    if (process.role !== 'serve') assert.match(status, /^Seccomp_filters:\s+2$/m, process.role)
  }
})

await test('no process leaves a core file, and no worker can be traced', () => {
  for (const { pid, role } of processes) {
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/, role)
    if (role === 'serve' || sanitized) continue
    // proc(5): what is not dumpable belongs to root
    assert.equal(statSync(`/proc/${pid}/maps`).uid, 0, role)
  }
})

await test('doctor says whether it works here', () => {
  const { confinement } = JSON.parse(must(['doctor', '--json', instance.directory]).stdout)
  assert.equal(confinement, true)
})

await test(`the unit's exposure is at most ${worst}`, () => {
  if (!has('systemd-analyze')) skip('systemd-analyze is not installed')
  const said = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit])
  const score = /Overall exposure level for \S+: ([\d.]+)/.exec(said.stdout.toString())
  assert.ok(score, said.stderr.toString())
  assert.ok(Number(score[1]) <= worst, score[0])
})

// The names in a set of systemd's, and in those that it holds.
function expand(set) {
  const lines = spawnSync('systemd-analyze', ['syscall-filter', set]).stdout.toString().split('\n').slice(1)
  const names = lines.map((line) => line.trim()).filter((line) => line && !line.startsWith('#'))
  return names.flatMap((name) => (name.startsWith('@') ? expand(name) : [name]))
}

await test('the unit lets through what a worker needs and the supervisor does', () => {
  if (!has('systemd-analyze')) skip('systemd-analyze is not installed')
  const passed = new Set(expand('@default'))
  for (const [, words] of readFileSync(unit, 'utf8').matchAll(/^SystemCallFilter=(.*)$/gm)) {
    const denied = words.startsWith('~')
    for (const word of words.replace('~', '').split(' ')) {
      for (const name of word.startsWith('@') ? expand(word) : [word]) denied ? passed.delete(name) : passed.add(name)
    }
  }
  const source = readFileSync(join(repository, 'engine/cli/confinement.c'), 'utf8')
  const list = /allowed\[\] = \{(.*?)\n\};/s.exec(source)[1]
  const worker = [...list.matchAll(/^ {4}"(\w+)",$/gm)].map(([, name]) => name)
  assert.ok(worker.length > 80)
  const supervisor = ['seccomp', 'execveat', 'clone', 'wait4', 'kill', 'signalfd4', 'memfd_create', 'chdir', 'socket', 'mmap', 'mprotect', 'prctl', 'prlimit64', 'tgkill', 'ioctl']
  assert.deepEqual([...worker, ...supervisor].filter((name) => !passed.has(name)), [])
})

await finish()
