import { hash, randomBytes } from 'node:crypto'
import { mailSecretAbout, type SealedLink } from './mail-store.ts'

/** The secret of a mailed link. Only the hash is stored; the token is encrypted for its one mail. */
export interface MailToken {
  token: string
  tokenHash: Buffer
}

/** 256 random bits. */
export function newMailToken(): MailToken {
  const token = randomBytes(32).toString('base64url')
  return { token, tokenHash: hashOfMailToken(token) }
}

/** A token has as many random bits as its hash, so it needs no salt and no slow function. */
export const hashOfMailToken = (token: string): Buffer => hash('sha256', token, 'buffer')

/** The key of the mail with this link, and the token encrypted for that mail alone. */
export function sealForMail(
  { seal }: { seal: (text: string, about: string) => SealedLink },
  { token, tokenHash }: MailToken,
): { key: string; link: SealedLink } {
  const key = `link/${tokenHash.toString('hex')}`
  return { key, link: seal(token, mailSecretAbout(key)) }
}
