import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { mailSecretAbout, queueMail } from '#domain/mail'
import { openSecrets } from '#platform/secrets'
import type { MailboxFaults } from '../../sandbox/mailbox/smtp.ts'
import { aMailbox } from './a-mailbox.ts'
import { aDatabase } from './database.ts'

export const TOKEN = 'a-token-of-a-link'

/** A database with queued mails, a mail server with faults, and a relay between them. */
export async function aMailQueue() {
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const faults: MailboxFaults = {}
  const { db, close } = await aDatabase()
  const mail = await aMailbox({ db, secrets, faults, patienceMs: 2_000 })
  // it looks only when a test asks: a look in between would send what the test holds back
  await mail.relay.stop()
  return {
    db,
    mail,
    faults,
    /** Queues a mail with a link; returns its key. */
    async queues(key = `link/${randomBytes(6).toString('hex')}`, to = 'ann@example.test') {
      const link = secrets.seal(TOKEN, mailSecretAbout(key))
      await queueMail(db, { kind: 'sign_up', to, data: {}, key, at: new Date(), link })
      return key
    },
    rows: () =>
      db
        .selectFrom('mails')
        .select(['key', 'attempts', 'last_error', 'sent_at', 'given_up_at', 'secret_sealed'])
        .select(sql<number>`extract(epoch from due_at - now())::float8`.as('due_in'))
        .orderBy('id')
        .execute(),
    makeDue: () =>
      db
        .updateTable('mails')
        .set({ due_at: new Date(Date.now() - 1_000) })
        .where('due_at', 'is not', null)
        .execute(),
    /** Newest first. */
    arrived: () => mail.mailbox.messages.list(),
    async clear() {
      for (const fault of Object.keys(faults) as (keyof MailboxFaults)[]) delete faults[fault]
      await db.deleteFrom('mails').execute()
      mail.mailbox.messages.clear()
    },
    async close() {
      await mail.close()
      await close()
    },
  }
}
