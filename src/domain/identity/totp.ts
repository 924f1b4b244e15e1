import { Secret, TOTP } from 'otpauth'

const PERIOD_S = 30
/** A code of the step before or after is accepted, because clocks differ and people type slowly. */
const WINDOW = 1
const SECRET_BYTES = 20

/** An RFC 6238 generator that authenticator apps know: SHA-1, 6 digits, 30 s. */
const totpOf = (secret: string, label: string) =>
  new TOTP({ issuer: 'packagento', label, secret: Secret.fromBase32(secret), period: PERIOD_S })

/** Returns 160 random bits in base32. */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** The `otpauth://` URI that an app reads as a QR code. It contains the secret. */
export const totpUri = (secret: string, email: string): string => totpOf(secret, email).toString()

/** Returns the time step of a correct code, or undefined. */
export function totpStep(secret: string, code: string, at: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const totp = totpOf(secret, 'any')
  const delta = totp.validate({ token: code, timestamp: at.getTime(), window: WINDOW })
  return delta === null ? undefined : totp.counter({ timestamp: at.getTime() }) + delta
}
