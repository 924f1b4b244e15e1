import { audit } from '#domain/audit'
import {
  countAttempt,
  findCredentials,
  holdSession,
  lockCustomer,
  normalEmail,
  PasswordNeededAgain,
  type Sealing,
  type SecurityChange,
  setEmail,
} from '#domain/identity'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertEmail } from './email.ts'
import { LinkNotValid, TooManyRequests } from './errors.ts'
import { addLink, findLink, useLink, useUpLinks } from './mail-links.ts'

const PER_CUSTOMER = { max: 5, windowMs: 60 * 60_000 }

/**
 * Mails a link to the new address; the account keeps its address until the link is used. The link ends with the session
 * that asked for it. The old address gets a mail at once. If the new address already has an account, it gets a mail that
 * says so, and the caller gets the same answer. Refuses `email_not_valid`, `too_many_requests`, and
 * `password_needed_again` when the session ends meanwhile.
 */
export async function requestEmailChange(
  db: Db,
  sealing: Sealing,
  { session, newEmail, at, request }: SecurityChange & { newEmail: string },
): Promise<void> {
  assertEmail(newEmail)
  const { customer, idHash: askedIn } = session
  const email = normalEmail(newEmail)
  const wait = await countAttempt(db, { key: `email_change/${customer}`, ...PER_CUSTOMER }, at)
  if (wait !== undefined) throw new TooManyRequests(wait)
  const isTaken = (await findCredentials(db, email)) !== undefined
  await inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    if (!person || !(await holdSession(tx, session))) throw new PasswordNeededAgain()
    // also stored for a taken address, so that both cases run the same statements; that link is never sent
    const made = await addLink(tx, sealing, { purpose: 'email_change', email, customer, askedIn, at })
    const { key, link, expiresAt: giveUpAt } = made
    const mail = { to: email, data: {}, key, at, giveUpAt }
    await queueMail(tx, isTaken ? { kind: 'email_taken', ...mail } : { kind: 'email_change', link, ...mail })
    await queueMail(tx, {
      kind: 'email_change_asked',
      to: person.email,
      data: { newEmail: email, at: at.toISOString() },
      key: `${request}/email_change`,
      at,
    })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'request_email_change',
      outcome: 'done',
      customer,
      request,
    })
  })
}

/** Sets the new address of the account, and sends a mail to the old one. Refuses `link_not_valid`. */
export async function confirmEmailChange(
  db: Db,
  { token, at, request }: { token: string; at: Date; request: string },
): Promise<void> {
  const link = await findLink(db, token, at)
  // the release before stored links without the session
  if (link?.purpose !== 'email_change' || !link.customer || !link.askedIn) throw new LinkNotValid()
  const { customer, email } = link
  await inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    if (!person) throw new LinkNotValid()
    await useLink(tx, { token, purpose: 'email_change', at })
    await useUpLinks(tx, customer, at)
    // another account may have got this address meanwhile
    if (!(await setEmail(tx, customer, email))) throw new LinkNotValid()
    const data = { newEmail: email }
    await queueMail(tx, { kind: 'email_changed', to: person.email, data, key: `${request}/email`, at })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'change_email',
      outcome: 'done',
      customer,
      request,
    })
  })
}
