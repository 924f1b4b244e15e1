import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countAttempt } from '#domain/identity'
import { inTransaction } from '#platform/transactions'
import { aCustomer } from '../../support/a-customer.ts'
import { cheapPasswords as passwords } from '../../support/passwords.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

test('a sign-in during a change of the password waits for it, and is refused with the old password', async () => {
  const ann = await aCustomer(database.db)
  const password_phc = await passwords.hash('another horse battery')
  let trying: Promise<unknown> | undefined

  await inTransaction(database.db, async (tx) => {
    await tx.updateTable('customers').set({ password_phc }).where('id', '=', ann.id).execute()
    trying = ann.tries().catch((error: unknown) => error)
    await expect.poll(() => lockWaiters(database.db), { timeout: 10_000 }).toBe(1)
  })

  expect(await trying).toMatchObject({ code: 'wrong_email_or_password' })
  const sessions = database.db.selectFrom('sessions').select('auth_at').where('customer_id', '=', ann.id)
  expect(await sessions.execute()).toEqual([])
})

test('an attempt that is counted in a transaction makes no other attempt wait, also one whose earlier window is over', async () => {
  const limit = (key: string) => ({ key, max: 3, windowMs: 60_000 })
  const [before, now] = [new Date(Date.now() - 3_600_000), new Date()]
  await countAttempt(database.db, limit('old'), before)

  const counted = inTransaction(database.db, async (one) => {
    await countAttempt(one, limit('one'), now)
    return inTransaction(database.db, async (other) => {
      await sql`set local lock_timeout = '2s'`.execute(other)
      return countAttempt(other, limit('old'), now)
    })
  })

  await expect(counted).resolves.toBeUndefined()
  await countAttempt(database.db, limit('new'), new Date(now.getTime() + 3_600_000))
  expect(await database.db.selectFrom('attempts').select('tries').execute()).toHaveLength(1)
})
