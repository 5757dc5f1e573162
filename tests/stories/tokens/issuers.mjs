// A server beside the engine that publishes keys and answers about tokens, as an EHR's does.
import { readFileSync } from 'node:fs'
import https from 'node:https'

export class KeyServer {
  constructor(port) {
    this.port = port
    this.pages = new Map() // path -> () => ({ status, headers, body })
    this.asked = []
  }

  get url() {
    return `https://localhost:${this.port}`
  }

  // Serves with the certificate of an instance, which is for localhost.
  listen(instance) {
    const at = (file) => readFileSync(`${instance.directory}/tls/${file}`)
    this.server = https.createServer({ cert: at('server.pem'), key: at('server.key') }, (request, response) => {
      const parts = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        const body = Buffer.concat(parts).toString()
        this.asked.push({ path: request.url, body, authorization: request.headers.authorization })
        const page = this.pages.get(request.url)
        const answer = page ? page(body, request) : { status: 404, body: '' }
        if (!answer) return // never
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
        response.end(answer.body)
      })
    })
    return new Promise((done) => this.server.listen(this.port, '127.0.0.1', done))
  }

  count(path) {
    return this.asked.filter((each) => each.path === path).length
  }

  close() {
    this.server.closeAllConnections()
    this.server.close()
  }
}
