// certificates: made by OpenSSL's own program, good ones and bad ones.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from './tally.mjs'

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

// A folder for them, gone at the end of the story.
export class Workshop {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'painbridge-certificates-'))
    afterAll(() => rmSync(this.folder, { recursive: true }))
  }

  path(file) {
    return join(this.folder, file)
  }

  openssl(...words) {
    return execFileSync('openssl', words, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
  }

  files(name) {
    return { cert: this.path(`${name}.pem`), key: this.path(`${name}.key`) }
  }

  authority(name, subject = name) {
    this.openssl('req', '-x509', ...EC, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${subject}`, '-days', '9')
    return this.files(name)
  }

  // NAME.pem and NAME.key, signed by the files of `by`, from `from` to `to` days from now.
  make(name, { by, use = 'clientAuth', names = 'DNS:localhost,IP:127.0.0.1', key = EC, from = -1, to = 90, digest = 'sha256' }) {
    const date = (days) => new Date(Date.now() + days * 864e5).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z'
    this.openssl('req', '-new', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-addext', `extendedKeyUsage=${use}`)
    const database = this.path(`${name}.index`)
    const settings = `[ca]\ndefault_ca=a\n[a]\ndatabase=${database}\nrand_serial=yes\nunique_subject=no\npolicy=any\ncopy_extensions=copyall\n[any]\ncommonName=supplied\n`
    execFileSync('sh', ['-c', 'cat > ca.cnf && : > "$0"', database], { cwd: this.folder, input: settings })
    this.openssl('ca', '-batch', '-config', 'ca.cnf', '-notext', '-md', digest, '-in', `${name}.csr`, '-cert', by.cert, '-keyfile', by.key, '-startdate', date(from), '-enddate', date(to), '-out', `${name}.pem`, '-outdir', this.folder)
    return this.files(name)
  }

  selfSigned(name) {
    return this.authority(name)
  }

  serial({ cert }) {
    return this.openssl('x509', '-in', cert, '-noout', '-serial').trim().replace('serial=', '')
  }
}
