import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openMailer } from '#platform/mailer'
import type { Secrets } from '#platform/secrets'
import { startMailbox } from '../../sandbox/mailbox/index.ts'
import type { MailboxFaults } from '../../sandbox/mailbox/smtp.ts'
import type { Message } from '../../sandbox/mailbox/store.ts'
import { startMailRelay } from '../../src/relay/mail-relay.ts'

interface MailWanted {
  db: Db
  secrets: Secrets
  publicUrl?: string
  faults?: MailboxFaults
  /** How long one attempt may take. */
  patienceMs?: number
}

/** The sandbox's mail server and a mail relay that sends to it, over real SMTP. */
export async function aMailbox({
  db,
  secrets,
  publicUrl = 'https://market.example',
  faults = {},
  patienceMs = 10_000,
}: MailWanted) {
  const mailbox = await startMailbox({ faults })
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const from = 'Market <market@market.example>'
  const aRelay = () =>
    startMailRelay({
      db,
      secrets,
      publicUrl,
      log,
      mailer: openMailer({ smtpUrl: mailbox.smtpUrl, from, patienceMs }),
    })
  const relay = aRelay()
  const mailsTo = async (email: string): Promise<Message[]> => {
    // twice, because the first may join a read that began before the mail was queued
    await relay.look()
    await relay.look()
    return mailbox.messages.list(email)
  }
  return {
    mailbox,
    relay,
    aRelay,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Sends what waits; returns what arrived, newest first. */
    mailsTo,
    /** The path of the link in the newest mail. */
    async linkTo(email: string, page: 'link' | 'invites' = 'link'): Promise<string> {
      const [mail] = await mailsTo(email)
      const link = mail?.links.find((url) => url.includes(`/${page}/`))
      if (!link) throw new Error(`no link was mailed to ${email}`)
      return new URL(link).pathname
    },
    async close() {
      await relay.stop()
      await mailbox.stop()
    },
  }
}
