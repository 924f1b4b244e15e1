import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { leaseMails, queueMail } from '#domain/mail'
import { inTransaction } from '#platform/transactions'
import { aMailQueue, TOKEN } from '../support/a-mail-queue.ts'

const at = new Date()
let queue: Awaited<ReturnType<typeof aMailQueue>>
beforeAll(async () => {
  queue = await aMailQueue()
})
afterEach(() => queue.clear())
afterAll(() => queue.close())

describe('a queued mail', () => {
  test('a queued mail arrives once, as text and HTML, with its link', async () => {
    const key = await queue.queues()

    await queue.mail.relay.look()
    await queue.mail.relay.look()

    const messages = queue.arrived()
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatchObject({
      to: ['ann@example.test'],
      from: expect.stringContaining('market@market.example'),
      subject: 'Confirm your e-mail address',
      links: [`https://market.example/link/${TOKEN}`],
    })
    expect(messages[0]?.html).toContain(`href="https://market.example/link/${TOKEN}"`)
    expect(await queue.rows()).toMatchObject([
      { key, sent_at: expect.any(Date), secret_sealed: null, due_in: null },
    ])
  })

  test('the token of a mailed link is in no column and no log line', async () => {
    await queue.queues()

    const [row] = await queue.db.selectFrom('mails').selectAll().execute()
    expect(JSON.stringify(row)).not.toContain(TOKEN)
    expect(row?.secret_sealed?.includes(TOKEN)).toBe(false)
    await queue.mail.relay.look()
    expect(JSON.stringify(queue.mail.logged())).not.toContain(TOKEN)
  })

  test('a mail of a transaction that is rolled back is never sent', async () => {
    await expect(
      inTransaction(queue.db, async (tx) => {
        await queueMail(tx, { kind: 'email_taken', to: 'ann@example.test', data: {}, key: 'one', at })
        throw new Error('rolled back')
      }),
    ).rejects.toThrow('rolled back')

    await queue.mail.relay.look()

    expect([queue.arrived(), await queue.rows()]).toEqual([[], []])
  })

  test('ten transactions that queue a mail with the same key at once send one mail', async () => {
    await Promise.all(Array.from({ length: 10 }, () => queue.queues('link/same')))

    await queue.mail.relay.look()

    expect(queue.arrived()).toHaveLength(1)
    expect(await queue.rows()).toHaveLength(1)
  })

  test('a mail with the key of a sent mail is not sent', async () => {
    await queue.queues('link/same')
    await queue.mail.relay.look()

    await queue.queues('link/same')
    await queue.mail.relay.look()

    expect(queue.arrived()).toHaveLength(1)
  })

  test('a name that others chose is escaped in the HTML of a mail, and cannot add a header or a line', async () => {
    const clientName = '<img src=x onerror=alert(1)>\r\nBcc: all@example.test \u202eliated'
    const data = { clientName, org: 'Acme', scopes: ['buy'], at: '2026-11-29' }
    await queueMail(queue.db, { kind: 'new_connection', to: 'ann@example.test', data, key: 'con', at })

    await queue.mail.relay.look()

    const [message] = queue.arrived()
    expect(message?.html).not.toContain('<img')
    expect(message?.html).toContain('&#60;img')
    expect(message?.text).toContain('alert(1)> Bcc: all@example.test  liated')
    expect(message?.to).toEqual(['ann@example.test'])
  })
})

describe('several relays', () => {
  test('three relays that read at the same time send each of 30 mails once', async () => {
    for (let i = 0; i < 30; i++) await queue.queues(`link/${i}`, `p${i}@example.test`)
    const relays = [queue.mail.relay, queue.mail.aRelay(), queue.mail.aRelay()]

    await Promise.all(relays.map((relay) => relay.look()))

    expect(queue.arrived()).toHaveLength(30)
    expect(new Set(queue.arrived().map(({ message_id }) => message_id)).size).toBe(30)
    for (const relay of relays.slice(1)) await relay.stop()
  })

  test('a mail whose process died is sent by another process after three minutes', async () => {
    await queue.queues()
    await leaseMails(queue.db, 10)

    await queue.mail.relay.look()
    expect(queue.arrived()).toEqual([])
    expect((await queue.rows())[0]?.due_in).toSatisfy((s: number) => s > 170 && s <= 180)
    await queue.makeDue()
    await queue.mail.relay.look()

    expect(queue.arrived()).toHaveLength(1)
  })
})

test('a relay that is stopped finishes the mail that it sends', async () => {
  await queue.queues()
  const gate = Promise.withResolvers<boolean>()
  queue.faults.loseAnswer = () => gate.promise
  const relay = queue.mail.aRelay()
  void relay.look()
  await vi.waitFor(() => expect(queue.arrived()).toHaveLength(1))

  const stopped = relay.stop()
  gate.resolve(false)
  await stopped

  expect((await queue.rows())[0]?.sent_at).toEqual(expect.any(Date))
})
