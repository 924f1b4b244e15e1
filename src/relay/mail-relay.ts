import {
  deleteOldMails,
  type DueMail,
  giveUpMail,
  leaseMails,
  mailIsSent,
  NOT_SENT_IN_TIME,
  postponeMail,
} from '#domain/mail'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { type Mailer, MailNotSent } from '#platform/mailer'
import type { Secrets } from '#platform/secrets'
import { lookRepeatedly, type Relay } from './look-repeatedly.ts'
import { letterOf } from './mail-letter.ts'

const BATCH = 10

export interface MailRelayDependencies {
  db: Db
  /** For `LISTEN`. Without it the relay only polls every 2 s. */
  databaseUrl?: string
  mailer: Mailer
  secrets: Secrets
  publicUrl: string
  log: Logger
}

/**
 * Sends queued mails. Several relays may run at once: each mail is leased to one of them. A mail is sent twice only when
 * the server's answer to the first attempt was lost; both have the same Message-ID.
 */
export function startMailRelay(deps: MailRelayDependencies): Relay {
  const { databaseUrl, log } = deps
  return lookRepeatedly(() => drain(deps), { channel: 'mails', databaseUrl, log })
}

async function drain(deps: MailRelayDependencies): Promise<void> {
  for (;;) {
    const leased = await leaseMails(deps.db, BATCH)
    // waits for all mails, also after an error, so that a stop waits for each of them
    const done = await Promise.allSettled(leased.map((mail) => handle(deps, mail)))
    const failed = done.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    if (leased.length) await deleteOldMails(deps.db, new Date())
    if (leased.length < BATCH) return
  }
}

/** When the database cannot store the result, the mail stays leased and is sent again after the lease. */
async function handle(deps: MailRelayDependencies, mail: DueMail): Promise<void> {
  const { db, log } = deps
  const { id, kind, attempts, isTooLate } = mail
  const about = { mail: id, kind, attempts }
  if (isTooLate) {
    await giveUpMail(db, mail, NOT_SENT_IN_TIME)
    log.error(about, 'a mail could not be sent in time and was given up')
    return
  }
  const error = await failureOf(deps, mail)
  if (!error) await mailIsSent(db, id)
  else if (error instanceof MailNotSent && error.isFinal) {
    await giveUpMail(db, mail, error.code)
    log.warn({ ...about, code: error.code }, 'a mail was given up, because its address has no mailbox')
  } else {
    await postponeMail(db, mail, error instanceof MailNotSent ? error.code : error.name)
    log.warn({ ...about, error }, 'a mail is sent again later')
  }
}

async function failureOf(
  { mailer, publicUrl: origin, secrets }: MailRelayDependencies,
  mail: DueMail,
): Promise<Error | undefined> {
  try {
    await mailer.send(letterOf(mail, { origin, secrets }))
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
