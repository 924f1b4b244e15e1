import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { leaseMails, mailSecretAbout, queueMail } from '#domain/mail'
import { openSecrets } from '#platform/secrets'
import { inTransaction } from '#platform/transactions'
import type { MailboxFaults } from '../../sandbox/mailbox/smtp.ts'
import { aMailbox } from '../support/a-mailbox.ts'
import { aDatabase } from '../support/database.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
const faults: MailboxFaults = {}
let database: Awaited<ReturnType<typeof aDatabase>>
let mail: Awaited<ReturnType<typeof aMailbox>>
beforeAll(async () => {
  database = await aDatabase()
  mail = await aMailbox({ db: database.db, secrets, faults, patienceMs: 2_000 })
})
afterEach(async () => {
  for (const fault of Object.keys(faults) as (keyof MailboxFaults)[]) delete faults[fault]
  await database.db.deleteFrom('mails').execute()
  mail.mailbox.messages.clear()
})
afterAll(async () => {
  await mail.close()
  await database.close()
})

const TOKEN = 'a-token-of-a-link'
const at = new Date()
/** Queues a mail with a link; returns its row's key. */
async function queues(key = `link/${randomBytes(6).toString('hex')}`, to = 'ann@example.test') {
  const link = secrets.seal(TOKEN, mailSecretAbout(key))
  await queueMail(database.db, { kind: 'sign_up', to, data: {}, key, at, link })
  return key
}
const rows = () =>
  database.db
    .selectFrom('mails')
    .select(['key', 'attempts', 'last_error', 'sent_at', 'given_up_at', 'secret_sealed'])
    .select(sql<number>`extract(epoch from due_at - now())::float8`.as('due_in'))
    .orderBy('id')
    .execute()
const makeDue = () =>
  database.db
    .updateTable('mails')
    .set({ due_at: new Date(Date.now() - 1_000) })
    .where('due_at', 'is not', null)
    .execute()
const arrived = () => mail.mailbox.messages.list()

describe('a queued mail', () => {
  test('a queued mail arrives once, as text and HTML, with its link', async () => {
    const key = await queues()

    await mail.relay.look()
    await mail.relay.look()

    const messages = arrived()
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatchObject({
      to: ['ann@example.test'],
      from: expect.stringContaining('market@market.example'),
      subject: 'Confirm your e-mail address',
      links: [`https://market.example/link/${TOKEN}`],
    })
    expect(messages[0]?.html).toContain(`href="https://market.example/link/${TOKEN}"`)
    expect(await rows()).toMatchObject([
      { key, sent_at: expect.any(Date), secret_sealed: null, due_in: null },
    ])
  })

  test('the token of a link is in no column and no log line', async () => {
    await queues()

    const [row] = await database.db.selectFrom('mails').selectAll().execute()
    expect(JSON.stringify(row)).not.toContain(TOKEN)
    expect(row?.secret_sealed?.includes(TOKEN)).toBe(false)
    await mail.relay.look()
    expect(JSON.stringify(mail.logged())).not.toContain(TOKEN)
  })

  test('a mail of a transaction that is rolled back is never sent', async () => {
    await expect(
      inTransaction(database.db, async (tx) => {
        await queueMail(tx, { kind: 'email_taken', to: 'ann@example.test', data: {}, key: 'one', at })
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')

    await mail.relay.look()

    expect([arrived(), await rows()]).toEqual([[], []])
  })

  test('ten transactions that queue a mail with the same key at once send one mail', async () => {
    await Promise.all(Array.from({ length: 10 }, () => queues('link/same')))

    await mail.relay.look()

    expect(arrived()).toHaveLength(1)
    expect(await rows()).toHaveLength(1)
  })

  test('a key that was sent is not sent again', async () => {
    await queues('link/same')
    await mail.relay.look()

    await queues('link/same')
    await mail.relay.look()

    expect(arrived()).toHaveLength(1)
  })

  test('a name that others chose is escaped in the HTML, and cannot add a header or a line', async () => {
    const clientName = '<img src=x onerror=alert(1)>\r\nBcc: all@example.test \u202eliated'
    const data = { clientName, org: 'Acme', scopes: ['buy'], at: '2026-11-29' }
    await queueMail(database.db, { kind: 'new_connection', to: 'ann@example.test', data, key: 'con', at })

    await mail.relay.look()

    const [message] = arrived()
    expect(message?.html).not.toContain('<img')
    expect(message?.html).toContain('&#60;img')
    expect(message?.text).toContain('alert(1)> Bcc: all@example.test liated')
    expect(message?.to).toEqual(['ann@example.test'])
  })
})

describe('several relays', () => {
  test('three relays that look at once send each of 30 mails once', async () => {
    for (let i = 0; i < 30; i++) await queues(`link/${i}`, `p${i}@example.test`)
    const relays = [mail.relay, mail.aRelay(), mail.aRelay()]

    await Promise.all(relays.map((relay) => relay.look()))

    expect(arrived()).toHaveLength(30)
    expect(new Set(arrived().map(({ message_id }) => message_id)).size).toBe(30)
    for (const relay of relays.slice(1)) await relay.stop()
  })

  test('a mail whose process died is sent by another one after three minutes', async () => {
    await queues()
    await leaseMails(database.db, 10)

    await mail.relay.look()
    expect(arrived()).toEqual([])
    expect((await rows())[0]?.due_in).toSatisfy((s: number) => s > 170 && s <= 180)
    await makeDue()
    await mail.relay.look()

    expect(arrived()).toHaveLength(1)
  })
})

describe('a mail server that fails', () => {
  test('a mail whose answer is lost is sent again with the same Message-ID', async () => {
    await queues()
    faults.loseAnswer = () => true
    await mail.relay.look()
    delete faults.loseAnswer

    await makeDue()
    await mail.relay.look()

    const ids = arrived().map(({ message_id }) => message_id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    expect((await rows())[0]).toMatchObject({ attempts: 2, sent_at: expect.any(Date) })
  })

  test('a mail is tried again after growing delays of at most an hour, and keeps only a code', async () => {
    await queues()
    faults.refuseMessage = () => 451

    for (const [i, seconds] of [2, 4, 8].entries()) {
      await makeDue()
      await mail.relay.look()
      const [row] = await rows()
      expect(row).toMatchObject({ attempts: i + 1, last_error: 'EMESSAGE 451', sent_at: null })
      expect(row?.due_in).toSatisfy((s: number) => s > seconds - 1.5 && s <= seconds)
    }
    await database.db.updateTable('mails').set({ attempts: 30 }).execute()
    await makeDue()
    await mail.relay.look()
    expect((await rows())[0]?.due_in).toSatisfy((s: number) => s > 3590 && s <= 3600)

    delete faults.refuseMessage
    await makeDue()
    await mail.relay.look()
    expect(arrived()).toHaveLength(1)
  })

  test('a server that does not answer in time ends the attempt, and the mail is tried again', async () => {
    await queues()
    const gate = Promise.withResolvers<boolean>()
    faults.loseAnswer = () => gate.promise

    await mail.relay.look()
    gate.resolve(true)

    expect(await rows()).toMatchObject([{ attempts: 1, sent_at: null, last_error: expect.any(String) }])
    delete faults.loseAnswer
    await makeDue()
    await mail.relay.look()
    expect((await rows())[0]?.sent_at).toEqual(expect.any(Date))
  })

  test('an address without a mailbox is given up at once, and does not stop the others', async () => {
    await queues('link/nobody', 'nobody@example.test')
    await queues('link/ann')
    faults.refuseRecipient = (address) => (address.startsWith('nobody') ? 550 : undefined)

    await mail.relay.look()

    expect(arrived().map(({ to }) => to)).toEqual([['ann@example.test']])
    expect(await rows()).toMatchObject([
      { key: 'link/nobody', given_up_at: expect.any(Date), last_error: 'EENVELOPE 550', secret_sealed: null },
      { key: 'link/ann', sent_at: expect.any(Date) },
    ])
    expect(JSON.stringify(mail.logged())).not.toContain('nobody@')
  })

  test('a mail that could not be sent in time stays with its reason, and an operator is told', async () => {
    await queues()
    await database.db
      .updateTable('mails')
      .set({ give_up_at: new Date(Date.now() - 1_000) })
      .execute()

    await mail.relay.look()

    expect(arrived()).toEqual([])
    expect(await rows()).toMatchObject([
      { given_up_at: expect.any(Date), last_error: 'not_sent_in_time', secret_sealed: null, due_in: null },
    ])
    expect(mail.logged().at(-1)).toMatchObject({ level: 50, kind: 'sign_up' })
  })
})

test('a relay that is stopped finishes the mail that it sends', async () => {
  await queues()
  const gate = Promise.withResolvers<boolean>()
  faults.loseAnswer = () => gate.promise
  const relay = mail.aRelay()
  void relay.look()
  await vi.waitFor(() => expect(arrived()).toHaveLength(1))

  const stopped = relay.stop()
  gate.resolve(false)
  await stopped

  expect((await rows())[0]?.sent_at).toEqual(expect.any(Date))
})
