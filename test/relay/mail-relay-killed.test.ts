import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { queueMail } from '#domain/mail'
import { openMailer } from '#platform/mailer'
import { openSecrets } from '#platform/secrets'
import { startMailbox, type Mailbox } from '../../sandbox/mailbox/index.ts'
import type { MailboxFaults } from '../../sandbox/mailbox/smtp.ts'
import { startMailRelay } from '../../src/relay/mail-relay.ts'
import { aSilentLog } from '../support/a-silent-log.ts'
import { aDatabase } from '../support/database.ts'

const RELAY = path.resolve(import.meta.dirname, '../support/mail-relay-process.ts')
const PUBLIC_URL = 'https://market.example'
const key = randomBytes(32).toString('base64')
const faults: MailboxFaults = {}
let database: Awaited<ReturnType<typeof aDatabase>>
let mailbox: Mailbox
beforeAll(async () => {
  database = await aDatabase()
  mailbox = await startMailbox({ faults })
})
beforeEach(async () => {
  await database.db.deleteFrom('mails').execute()
  mailbox.messages.clear()
  delete faults.loseAnswer
  delete faults.refuseRecipient
})
afterAll(async () => {
  await mailbox.stop()
  await database.close()
})

/** A worker's mail relay in a process of its own. */
function aRelayProcess() {
  const settings = {
    databaseUrl: database.url,
    smtpUrl: mailbox.smtpUrl,
    key,
    publicUrl: PUBLIC_URL,
  }
  const child = fork(RELAY, [JSON.stringify(settings)], { execArgv: [] })
  const kill = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    return (await gone)[1] as NodeJS.Signals
  }
  return { kill }
}

async function queues(mails: number) {
  for (let i = 0; i < mails; i++)
    await queueMail(database.db, {
      kind: 'password_changed',
      to: `p${i}@example.test`,
      data: { at: '2026-11-30' },
      key: `password/${i}`,
      at: new Date(),
    })
}

/** The number of arrived copies of each mail, by Message-ID. */
function copies(): number[] {
  const counted = new Map<string, number>()
  for (const { message_id } of mailbox.messages.list())
    counted.set(message_id, (counted.get(message_id) ?? 0) + 1)
  return [...counted.values()]
}

async function unsent(): Promise<number> {
  const row = await database.db
    .selectFrom('mails')
    .select((of) => of.fn.countAll<string>().as('n'))
    .where('sent_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(row.n)
}

/** What three minutes change: the leases of the dead process are over. */
const leasesEnd = () =>
  database.db
    .updateTable('mails')
    .set({ due_at: sql`now()` })
    .where('due_at', 'is not', null)
    .execute()

/** The process of the test is not the one that was killed, either. */
async function anotherProcessSendsTheRest() {
  await leasesEnd()
  const relay = startMailRelay({
    db: database.db,
    databaseUrl: database.url,
    mailer: openMailer({ smtpUrl: mailbox.smtpUrl, from: 'Market <market@market.example>' }),
    secrets: openSecrets({ key }),
    publicUrl: PUBLIC_URL,
    log: aSilentLog,
  })
  await expect.poll(unsent, { timeout: 15_000 }).toBe(0)
  await relay.stop()
}

describe('a worker that is killed with SIGKILL while it sends a mail', () => {
  test('a mail whose recipient the server had not accepted yet arrives once, from another process', async () => {
    const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()]
    faults.refuseRecipient = () => (asked.resolve(), held.promise)
    await queues(1)
    const relay = aRelayProcess()
    await asked.promise

    expect(await relay.kill()).toBe('SIGKILL')
    held.resolve(undefined)
    delete faults.refuseRecipient
    expect([copies(), await unsent()]).toEqual([[], 1])
    await anotherProcessSendsTheRest()

    expect(copies()).toEqual([1])
  })

  test('a mail that the server had stored and not acknowledged arrives again with the same Message-ID', async () => {
    const [stored, held] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()]
    faults.loseAnswer = () => (stored.resolve(), held.promise)
    await queues(1)
    const relay = aRelayProcess()
    await stored.promise

    await relay.kill()
    held.resolve(false)
    delete faults.loseAnswer
    await anotherProcessSendsTheRest()

    expect(copies()).toEqual([2])
  })

  test('of thirty mails none is lost, and only mails without an answer arrive twice', async () => {
    const [stored, held] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()]
    let answered = 0
    // the server acknowledges 14 mails, and holds its answer to the next one
    faults.loseAnswer = () => (++answered < 15 ? false : (stored.resolve(), held.promise))
    faults.refuseRecipient = () => (answered < 15 ? undefined : held.promise.then(() => undefined))
    await queues(30)
    const relay = aRelayProcess()
    await stored.promise
    // the answers that the server did send are written before the kill
    await expect.poll(unsent, { timeout: 10_000 }).toBe(16)

    await relay.kill()
    held.resolve(false)
    delete faults.loseAnswer
    delete faults.refuseRecipient
    await anotherProcessSendsTheRest()

    expect(copies()).toHaveLength(30)
    const repeated = copies().filter((n) => n > 1)
    // mails that were on their way when the server began to hold its answers
    expect(repeated.length).toBeGreaterThanOrEqual(1)
    expect(repeated.length).toBeLessThanOrEqual(10)
    expect(new Set(repeated)).toEqual(new Set([2]))
  }, 40_000)
})
