import { audit } from '#domain/audit'
import { countAttempt, findCredentials, normalEmail, type Sealing } from '#domain/identity'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertEmail } from './email.ts'
import { addLink, LINK_LIVES_MS } from './mail-links.ts'

const PER_ADDRESS = 3
const MAX_WINDOW_MS = 60 * 60_000

export interface LinkRequest {
  wanted: 'sign_up' | 'password_reset'
  email: string
  /** A path of our pages to return to. */
  back?: string | undefined
  at: Date
  request: string
}

/**
 * Mails a link to an address. A known address always gets a link to choose a new password, and an unknown address a
 * link to sign up. The mail says why. The caller cannot find out which: both cases run the same statements. After three
 * links it sends no more. Those three still work, so a stranger cannot keep the owner from getting a link. Refuses only
 * `email_not_valid`.
 */
export async function requestLink(db: Db, sealing: Sealing, given: LinkRequest): Promise<void> {
  const { wanted, back, at, request } = given
  assertEmail(given.email)
  const email = normalEmail(given.email)
  const known = await findCredentials(db, email)
  const purpose = known ? 'password_reset' : 'sign_up'
  const windowMs = Math.min(LINK_LIVES_MS[purpose], MAX_WINDOW_MS)
  const limit = { key: `link/${purpose}/${email}`, max: PER_ADDRESS, windowMs }
  if ((await countAttempt(db, limit, at)) !== undefined) return
  await inTransaction(db, async (tx) => {
    const made = await addLink(tx, sealing, { purpose, email, customer: known?.id, back, at })
    const { key, link, expiresAt: giveUpAt } = made
    const kind = KINDS[wanted][purpose]
    await queueMail(tx, { kind, to: email, data: {}, key, at, link, giveUpAt })
    await audit(tx, {
      chain: known ? `customer:${known.id}` : 'platform',
      action: `request_${wanted}`,
      outcome: 'done',
      customer: known?.id,
      request,
    })
  })
}

const KINDS = {
  sign_up: { sign_up: 'sign_up', password_reset: 'already_signed_up' },
  password_reset: { sign_up: 'no_account', password_reset: 'password_reset' },
} as const
