// mllp: a bare MLLP/TLS peer for tests that must control every byte.
import { readFileSync } from 'node:fs'
import tls from 'node:tls'

const SB = 0x0b
const EB = 0x1c
const CR = 0x0d

export function frame(content) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, 'utf8')
  return Buffer.concat([Buffer.from([SB]), bytes, Buffer.from([EB, CR])])
}

// One connection. Frames that come in are queued; next() waits for the next one.
export class MllpPeer {
  constructor(socket) {
    this.socket = socket
    this.buffered = Buffer.alloc(0)
    this.frames = []
    this.waiting = []
    this.closed = false
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', (error) => (this.error = error))
    socket.on('close', () => {
      this.closed = true
      for (const waiter of this.waiting.splice(0)) waiter(null)
    })
  }

  static connect({ port, host = '127.0.0.1', ca, cert, key, ...options }) {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({
        host,
        port,
        servername: 'localhost',
        ca: readFileSync(ca),
        cert: cert ? readFileSync(cert) : undefined,
        key: key ? readFileSync(key) : undefined,
        ...options,
      })
      socket.once('secureConnect', () => {
        socket.setNoDelay(true)
        socket.removeListener('error', reject)
        resolve(new MllpPeer(socket))
      })
      socket.once('error', reject)
    })
  }

  #take(bytes) {
    this.buffered = Buffer.concat([this.buffered, bytes])
    for (;;) {
      const begin = this.buffered.indexOf(SB)
      const end = this.buffered.indexOf(Buffer.from([EB, CR]), begin)
      if (begin < 0 || end < 0) return
      const content = this.buffered.subarray(begin + 1, end)
      this.buffered = this.buffered.subarray(end + 2)
      const waiter = this.waiting.shift()
      if (waiter) waiter(content)
      else this.frames.push(content)
    }
  }

  // The next frame's content as a Buffer, or null when the connection is closed or time is up.
  next(milliseconds = 10000) {
    if (this.frames.length > 0) return Promise.resolve(this.frames.shift())
    if (this.closed) return Promise.resolve(null)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(done), 1)
        resolve(null)
      }, milliseconds)
      const done = (content) => {
        clearTimeout(timer)
        resolve(content)
      }
      this.waiting.push(done)
    })
  }

  sendRaw(bytes) {
    this.socket.write(bytes)
  }

  // Sends one message and waits for one answer, parsed.
  async ask(content, milliseconds) {
    this.sendRaw(frame(content))
    const answer = await this.next(milliseconds)
    return answer && parseAnswer(answer)
  }

  end() {
    this.socket.end()
  }

  destroy() {
    this.socket.destroy()
  }
}

// {code, controlId, text, errors: [{place, code, severity}], segments} of an answer.
export function parseAnswer(content) {
  const text = content.toString('latin1')
  const separator = text[3]
  const segments = text.split('\r').filter((line) => line.length > 0)
  const fields = segments.map((line) => line.split(separator))
  const msa = fields.find((segment) => segment[0] === 'MSA') ?? []
  const errors = fields
    .filter((segment) => segment[0] === 'ERR')
    .map((segment) => ({
      place: segment[2] ?? '',
      code: (segment[3] ?? '').split('^')[0],
      severity: segment[4] ?? '',
      old: segment[1] ?? '',
    }))
  return { code: msa[1], controlId: msa[2], text: msa[3], errors, fields, raw: text }
}
