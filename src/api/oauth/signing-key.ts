import { createECDH } from 'node:crypto'
import type { Secrets } from '#platform/secrets'

/** An ES256 key that is the same in all processes. The engine requires one, but we sign nothing with it. */
export function signingKey(secrets: Secrets) {
  const d = secrets.deriveKey('oauth es256')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(d)
  const point = curve.getPublicKey()
  return {
    kty: 'EC',
    crv: 'P-256',
    d: d.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
}
