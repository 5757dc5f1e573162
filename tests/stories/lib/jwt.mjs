// jwt: keys and signed tokens, made as an EHR's developer would, and as somebody who means ill.
import { constants, createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

// RFC 7518 3.1: how node is told of an algorithm.
const algorithms = {
  RS256: { hash: 'sha256', make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  RS384: { hash: 'sha384', make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  PS384: {
    hash: 'sha384',
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 },
  },
  ES256: { hash: 'sha256', make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), options: { dsaEncoding: 'ieee-p1363' } },
  ES384: { hash: 'sha384', make: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), options: { dsaEncoding: 'ieee-p1363' } },
}

// A key pair bound to one algorithm: {alg, kid, privateKey, publicKey, jwk}.
export function makeKey(alg, kid = randomUUID()) {
  const { privateKey, publicKey } = algorithms[alg].make()
  return { alg, kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), alg, kid, use: 'sig' } }
}

export const jwks = (...keys) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

// A compact JWS. `payload` may be text, to say what no JSON library would; `header` adds to it or
// replaces of it; `alg` signs by another algorithm than the key's.
export function makeJwt(key, payload, { header = {}, alg = key.alg } = {}) {
  const parts = `${encode({ alg, kid: key.kid, typ: 'JWT', ...header })}.${encode(payload)}`
  const { hash, options } = algorithms[alg]
  return `${parts}.${sign(hash, Buffer.from(parts), { key: key.privateKey, ...options }).toString('base64url')}`
}

// The classic of key confusion: HMAC with the public key as its secret.
export function makeHmacJwt(key, payload, secret) {
  const parts = `${encode({ alg: 'HS256', kid: key.kid, typ: 'JWT' })}.${encode(payload)}`
  return `${parts}.${createHmac('sha256', secret).update(parts).digest('base64url')}`
}

export const unsigned = (payload, header = { alg: 'none' }) => `${encode(header)}.${encode(payload)}.`

export const seconds = () => Math.floor(Date.now() / 1000)

// The claims of a client assertion (SMART App Launch, Backend Services), fresh each time.
export const assertionClaims = (client, audience, more = {}) => ({
  iss: client,
  sub: client,
  aud: audience,
  exp: seconds() + 240,
  jti: randomUUID(),
  ...more,
})
