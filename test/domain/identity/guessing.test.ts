import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction } from '#platform/transactions'
import { countAttempt } from '../../../src/domain/identity/attempts.ts'
import { aCustomer, after, type Customer, DAY, MINUTE } from '../../support/a-customer.ts'
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

describe('guessing', () => {
  test('ten wrong passwords in 15 minutes block the next sign-in, even with the right password', async () => {
    await ann.triesInVain(10)

    await expect(ann.tries({ at: after(15 * MINUTE - 1) })).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'too_many_sign_ins',
      retryAfter: 1,
    })
    await expect(ann.tries()).rejects.toMatchObject({
      retryAfter: 900,
      params: { minutes: 15 },
    })
    expect(await ann.events()).toHaveLength(10)
  })

  test('a blocked sign-in is possible again 15 minutes after the first attempt', async () => {
    await ann.triesInVain(10)

    expect(await ann.isSignedIn(await ann.tries({ at: after(15 * MINUTE) }), 15 * MINUTE)).toBe(true)
  })

  test('old attempts that are not removed yet do not block a sign-in for longer', async () => {
    const old = Array.from({ length: 50 }, () => ({
      key_hash: randomBytes(32),
      tries: 1,
      until: after(-DAY),
    }))
    await ann.triesInVain(10)
    await database.db.insertInto('attempts').values(old).execute()

    await ann.triesInVain(1, { at: after(15 * MINUTE) })
    await ann.triesInVain(9, { at: after(15 * MINUTE) })
    await expect(ann.tries({ at: after(15 * MINUTE) })).rejects.toMatchObject({ retryAfter: 900 })
  })

  test('attempts are also counted for an unknown address, in any spelling', async () => {
    const unknown = `Nobody-${ann.email}`
    await ann.triesInVain(5, { email: unknown })
    await ann.triesInVain(5, { email: ` ${unknown.toUpperCase()} ` })

    await expect(ann.tries({ email: unknown })).rejects.toMatchObject({ code: 'too_many_sign_ins' })
  })

  test('a blocked sign-in does not block the same customer from another network', async () => {
    await ann.triesInVain(10)

    expect(await ann.isSignedIn(await ann.tries({ network: '192.0.2.2' }))).toBe(true)
  })

  test('a successful sign-in resets the count of wrong passwords', async () => {
    await ann.triesInVain(9)
    await ann.tries()

    await ann.triesInVain(9)
    expect(await ann.isSignedIn(await ann.tries())).toBe(true)
  })

  test('thirty wrong passwords at the same time are counted exactly', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => ann.tries({ password: 'wrong' })),
    )

    const codes = results.map(
      (result) => result.status === 'rejected' && (result.reason as { code: string }).code,
    )
    expect(codes.filter((code) => code === 'wrong_email_or_password')).toHaveLength(10)
    expect(codes.filter((code) => code === 'too_many_sign_ins')).toHaveLength(20)
  })

  test('an attempt that a transaction counts removes no old rows, so that nobody waits for their locks', async () => {
    const { db } = database
    const [key, windowMs] = [`code:${randomBytes(8).toString('hex')}`, MINUTE]
    const old = { key_hash: randomBytes(32), tries: 1, until: after(-DAY) }
    await db.insertInto('attempts').values(old).execute()
    const isThere = () =>
      db.selectFrom('attempts').select('tries').where('key_hash', '=', old.key_hash).executeTakeFirst()

    await inTransaction(db, (tx) => countAttempt(tx, { key, max: 1, windowMs }, after(0)))
    const within = await isThere()
    await countAttempt(db, { key, max: 1, windowMs }, after(0))

    expect([within, await isThere()]).toEqual([{ tries: 1 }, undefined])
  })

  test('the rows of attempts are removed after a day and contain no address', async () => {
    for (let i = 0; i < 5; i++) await ann.triesInVain(1, { email: `nobody${i}-${ann.email}` })

    await ann.triesInVain(1, { at: after(DAY) })

    const rows = await database.db.selectFrom('attempts').selectAll().execute()
    // of the last attempt: one for its network, one for all networks
    expect(rows).toHaveLength(2)
    expect(JSON.stringify(rows)).not.toContain('example')
  })
})
