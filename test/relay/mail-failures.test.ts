import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aMailQueue } from '../support/a-mail-queue.ts'

let queue: Awaited<ReturnType<typeof aMailQueue>>
beforeAll(async () => {
  queue = await aMailQueue()
})
afterEach(() => queue.clear())
afterAll(() => queue.close())

describe('a mail server that fails', () => {
  test('a mail whose answer is lost is sent again with the same Message-ID', async () => {
    await queue.queues()
    queue.faults.loseAnswer = () => true
    await queue.mail.relay.look()
    delete queue.faults.loseAnswer

    await queue.makeDue()
    await queue.mail.relay.look()

    const ids = queue.arrived().map(({ message_id }) => message_id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    expect((await queue.rows())[0]).toMatchObject({ attempts: 2, sent_at: expect.any(Date) })
  })

  test('a mail is tried again after growing delays of at most an hour, and keeps only a code', async () => {
    await queue.queues()
    queue.faults.refuseMessage = () => 451

    for (const [i, seconds] of [2, 4, 8].entries()) {
      await queue.makeDue()
      await queue.mail.relay.look()
      const [row] = await queue.rows()
      expect(row).toMatchObject({ attempts: i + 1, last_error: 'EMESSAGE 451', sent_at: null })
      expect(row?.due_in).toSatisfy((s: number) => s > seconds - 1.5 && s <= seconds)
    }
    await queue.db.updateTable('mails').set({ attempts: 30 }).execute()
    await queue.makeDue()
    await queue.mail.relay.look()
    expect((await queue.rows())[0]?.due_in).toSatisfy((s: number) => s > 3590 && s <= 3600)

    delete queue.faults.refuseMessage
    await queue.makeDue()
    await queue.mail.relay.look()
    expect(queue.arrived()).toHaveLength(1)
  })

  test('a server that does not answer in time ends the attempt, and the mail is tried again', async () => {
    await queue.queues()
    const gate = Promise.withResolvers<boolean>()
    queue.faults.loseAnswer = () => gate.promise

    await queue.mail.relay.look()
    gate.resolve(true)

    expect(await queue.rows()).toMatchObject([{ attempts: 1, sent_at: null, last_error: expect.any(String) }])
    delete queue.faults.loseAnswer
    await queue.makeDue()
    await queue.mail.relay.look()
    expect((await queue.rows())[0]?.sent_at).toEqual(expect.any(Date))
  })

  test('a mail to an address without a mailbox is given up at once, and does not stop other mails', async () => {
    await queue.queues('link/nobody', 'nobody@example.test')
    await queue.queues('link/ann')
    queue.faults.refuseRecipient = (address) => (address.startsWith('nobody') ? 550 : undefined)

    await queue.mail.relay.look()

    expect(queue.arrived().map(({ to }) => to)).toEqual([['ann@example.test']])
    expect(await queue.rows()).toMatchObject([
      { key: 'link/nobody', given_up_at: expect.any(Date), last_error: 'EENVELOPE 550', secret_sealed: null },
      { key: 'link/ann', sent_at: expect.any(Date) },
    ])
    expect(JSON.stringify(queue.mail.logged())).not.toContain('nobody@')
  })

  test('a mail that could not be sent in time stays with its reason, and the log has an error for an operator', async () => {
    await queue.queues()
    await queue.db
      .updateTable('mails')
      .set({ give_up_at: new Date(Date.now() - 1_000) })
      .execute()

    await queue.mail.relay.look()

    expect(queue.arrived()).toEqual([])
    expect(await queue.rows()).toMatchObject([
      { given_up_at: expect.any(Date), last_error: 'not_sent_in_time', secret_sealed: null, due_in: null },
    ])
    expect(queue.mail.logged().at(-1)).toMatchObject({ level: 50, kind: 'sign_up' })
  })
})
