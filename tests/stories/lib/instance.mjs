// instance: a private instance of the program under test, made as an admin makes one.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const program = process.env.PAINBRIDGE_PROGRAM ?? join(repository, 'build/painbridge')
export const shared = process.env.PAINBRIDGE_SHARED ?? resolve(repository, '../shared')
export const haveShared = existsSync(shared)
export const long = process.argv.includes('--long')

// Each story takes ports of its own, so that two can run at once.
export function portBase(offset) {
  return Number(process.env.PAINBRIDGE_PORT_BASE ?? 24000) + offset
}

// Runs the program to its end. Never throws: {code, stdout, stderr}.
export function run(words, { input, env } = {}) {
  const result = spawnSync(program, words, {
    input,
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  })
  return {
    code: result.status,
    signal: result.signal,
    stdout: result.stdout?.toString('utf8') ?? '',
    stderr: result.stderr?.toString('utf8') ?? '',
  }
}

// The same, but anything but exit 0 throws with what it said.
export function must(words, options) {
  const result = run(words, options)
  if (result.code !== 0) {
    throw new Error(`painbridge ${words.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`)
  }
  return result
}

export const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))

// Asks again until the answer is truthy; throws with `what` when time is up.
export async function until(what, milliseconds, ask) {
  const end = Date.now() + milliseconds
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`not in ${milliseconds} ms: ${what}`)
    await sleep(25)
  }
}

export class Instance {
  constructor(directory, base) {
    this.directory = directory
    this.mllpPort = base
    this.httpsPort = base + 1
    this.databasePort = base + 2
    this.log = []
  }

  // `sites` are names or [name, ...options]; `feeds` [name, site, allow, ...options];
  // `clients` [name, scope, ...options].
  static async make({ base, sites = ['mission'], feeds = [], clients = [], init = [] }) {
    const top = mkdtempSync('/var/tmp/painbridge-story-')
    chmodSync(top, 0o755)
    const instance = new Instance(join(top, 'instance'), base)
    instance.top = top
    const directory = instance.directory
    must(['init', directory, '--port-base', String(base), ...init])
    for (const site of sites) {
      const [name, ...options] = [site].flat()
      must(['site', 'add', directory, name, '--time-zone', 'America/Los_Angeles', ...options])
    }
    for (const [name, site, allow, ...options] of feeds) {
      must(['feed', 'add', directory, name, '--site', site, '--allow', allow, ...options])
    }
    for (const [name, scope, ...options] of clients) {
      must(['client', 'add', directory, name, '--scope', scope, ...options])
    }
    must(['db', 'start', directory])
    return instance
  }

  tls(name) {
    const at = (file) => join(this.directory, 'tls', file)
    return { ca: at('ca.pem'), cert: at(`${name}.pem`), key: at(`${name}.key`) }
  }

  // Starts `serve` and waits for its ready line.
  async serve() {
    const child = spawn(program, ['serve', this.directory], { stdio: ['ignore', 'inherit', 'pipe'] })
    this.child = child
    let rest = ''
    const ready = new Promise((resolve, reject) => {
      child.stderr.setEncoding('utf8')
      child.stderr.on('data', (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop()
        for (const line of lines) {
          this.log.push(line)
          if (line.includes('"event":"ready"')) resolve(JSON.parse(line))
        }
      })
      child.once('exit', (code, signal) => {
        this.ended = { code, signal }
        reject(new Error(`serve ended: ${code ?? signal}\n${this.log.slice(-20).join('\n')}`))
      })
      setTimeout(() => reject(new Error(`no ready line\n${this.log.slice(-20).join('\n')}`)), 30000).unref()
    })
    this.ended = null
    return ready
  }

  async stop(signal = 'SIGTERM') {
    if (!this.child || this.ended) return this.ended
    const gone = new Promise((done) => this.child.once('exit', (code, sig) => done({ code, signal: sig })))
    this.child.kill(signal)
    return gone
  }

  async remove() {
    await this.stop()
    run(['db', 'stop', this.directory])
    if (process.env.PAINBRIDGE_KEEP) {
      console.log(`kept ${this.top}`)
      return
    }
    rmSync(this.top, { recursive: true, force: true })
  }

  token(client, scope, ...options) {
    return must(['token', this.directory, '--client', client, '--scope', scope, ...options]).stdout.trim()
  }

  // One HTTPS request: {status, headers, text, json}. `path` begins with "/".
  request(path, { method = 'GET', token, body, headers = {} } = {}) {
    const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: '127.0.0.1',
          port: this.httpsPort,
          servername: 'localhost',
          path,
          method,
          ca: readFileSync(this.tls('ca').ca),
          agent: this.agent,
          headers: {
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...(payload === undefined ? {} : { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(payload) }),
            ...headers,
          },
        },
        (response) => {
          const parts = []
          response.on('data', (part) => parts.push(part))
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8')
            let json
            try {
              json = JSON.parse(text)
            } catch {
              json = undefined
            }
            resolve({ status: response.statusCode, headers: response.headers, text, json })
          })
        },
      )
      request.on('error', reject)
      request.end(payload)
    })
  }
}
