import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signOut, sweepSessions } from '#domain/identity'
import { aCustomer, after, type Customer, DAY, HOUR, START } from '../../support/a-customer.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let ann: Customer
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  ann = await aCustomer(database.db)
})

describe('a session', () => {
  test('a session without use ends after exactly 14 days', async () => {
    const [unused, used] = [await ann.tries(), await ann.tries()]

    expect(await ann.isSignedIn(used, 14 * DAY - 1)).toBe(true)
    expect(await ann.isSignedIn(unused, 14 * DAY)).toBe(false)
    expect(await ann.isSignedIn(used, 14 * DAY)).toBe(true)
  })

  test('a session that is used every day ends after exactly 30 days', async () => {
    const token = await ann.tries()

    for (let day = 1; day < 30; day++) expect(await ann.isSignedIn(token, day * DAY)).toBe(true)
    expect(await ann.isSignedIn(token, 30 * DAY - 1)).toBe(true)
    expect(await ann.isSignedIn(token, 30 * DAY)).toBe(false)
  })

  test('a session is prolonged at most once an hour, and never beyond its absolute end', async () => {
    const token = await ann.tries()
    const idleUntil = async () => {
      const row = await database.db
        .selectFrom('sessions')
        .select('idle_until')
        .where('customer_id', '=', ann.id)
        .executeTakeFirstOrThrow()
      return row.idle_until.getTime() - START.getTime()
    }
    const seen: number[] = []
    for (const ms of [0, HOUR - 1, HOUR, 13 * DAY, 20 * DAY]) {
      await ann.found(token, ms)
      seen.push(await idleUntil())
    }

    expect(seen).toEqual([14 * DAY, 14 * DAY, 14 * DAY + HOUR, 27 * DAY, 30 * DAY])
  })

  test('a session that has ended is deleted, without another sign-in of its person', async () => {
    const [unused, used] = [await ann.tries(), await ann.tries()]
    await ann.found(used, 13 * DAY)
    const rows = async () => {
      const found = await database.db
        .selectFrom('sessions')
        .select('id_hash')
        .where('customer_id', '=', ann.id)
        .execute()
      return found.length
    }

    await sweepSessions(database.db, after(14 * DAY - 1))
    const before = await rows()
    await sweepSessions(database.db, after(14 * DAY))

    expect([before, await rows()]).toEqual([2, 1])
    expect([await ann.isSignedIn(unused, 14 * DAY), await ann.isSignedIn(used, 14 * DAY)]).toEqual([
      false,
      true,
    ])

    const end = { absolute_until: after(15 * DAY) }
    await database.db.updateTable('sessions').set(end).where('customer_id', '=', ann.id).execute()
    await sweepSessions(database.db, after(15 * DAY))

    expect(await rows()).toBe(0)
  })

  test('a session ends at its absolute end, even when it was used', async () => {
    const token = await ann.tries()

    const end = { absolute_until: after(DAY) }
    await database.db.updateTable('sessions').set(end).where('customer_id', '=', ann.id).execute()

    expect([await ann.isSignedIn(token, DAY - 1), await ann.isSignedIn(token, DAY)]).toEqual([true, false])
  })

  test('a session is not valid as soon as its customer is disabled', async () => {
    const token = await ann.tries()

    await ann.disable(START)

    expect(await ann.isSignedIn(token)).toBe(false)
  })

  test('no session is found for a wrong token', async () => {
    await ann.tries()

    for (const token of ['', 'A'.repeat(43), '\0']) expect(await ann.isSignedIn(token)).toBe(false)
  })

  test('a sign-out ends the session, and three sign-outs at the same time write one audit event', async () => {
    const [token, other] = [await ann.tries(), await ann.tries()]
    const session = await ann.found(token)
    if (!session) throw new Error('not signed in')

    await Promise.all([1, 2, 3].map(() => signOut(database.db, { session, request: 'req_2' })))

    expect([await ann.isSignedIn(token), await ann.isSignedIn(other)]).toEqual([false, true])
    expect(await ann.events()).toEqual([
      ['sign_in', 'done'],
      ['sign_in', 'done'],
      ['sign_out', 'done'],
    ])
  })
})
