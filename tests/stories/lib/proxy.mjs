// proxy: a way to a TCP server that can be cut at a chosen moment, so that the server does not notice.
import net from 'node:net'

export class Proxy {
  static listen({ port, to }) {
    const proxy = new Proxy()
    proxy.pairs = new Set()
    proxy.server = net.createServer((near) => proxy.#join(near, to))
    return new Promise((done) => proxy.server.listen(port, '127.0.0.1', () => done(proxy)))
  }

  #join(near, to) {
    const far = net.connect({ host: '127.0.0.1', port: to })
    const pair = { near, far }
    this.pairs.add(pair)
    for (const socket of [near, far]) socket.on('error', () => {})
    near.pipe(far)
    far.pipe(near)
    far.on('close', () => {
      near.destroy()
      this.pairs.delete(pair)
    })
    near.on('close', () => pair.cut || far.destroy())
  }

  // The near side of every connection is lost; the far side stays, and reads what had been sent.
  cut() {
    for (const pair of this.pairs) {
      pair.cut = true
      pair.near.unpipe(pair.far)
      pair.far.unpipe(pair.near)
      pair.far.resume()
      pair.near.destroy()
    }
  }

  // Nobody gets in until open().
  close() {
    this.closed = true
    this.server.close()
    this.cut()
  }

  end() {
    this.server.close()
    for (const { near, far } of this.pairs) {
      near.destroy()
      far.destroy()
    }
  }
}
