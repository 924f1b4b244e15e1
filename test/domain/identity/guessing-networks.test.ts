import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSession } from '#domain/identity'
import { inTransaction } from '#platform/transactions'
import { countSignInAttempt } from '../../../src/domain/identity/sign-in-attempts.ts'
import { setPassword } from '../../../src/domain/identity/customer-changes.ts'
import { aCustomer, after, type Customer, DAY, START } from '../../support/a-customer.ts'
import { aDatabase } from '../../support/database.ts'
import { cheapPasswords as passwords } from '../../support/passwords.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let ann: Customer
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  ann = await aCustomer(database.db)
})

/** Counts attempts at once, without the slow check of a password; returns what each of them gets. */
const guesses = (times: number, networks: (i: number) => string, other: { email?: string; at?: Date } = {}) =>
  Promise.all(
    Array.from({ length: times }, (_, i) =>
      countSignInAttempt(database.db, { email: ann.email, network: networks(i), at: START, ...other }).then(
        () => 'allowed',
        ({ code }: { code: string }) => code,
      ),
    ),
  )
const count = (codes: string[], code: string) => codes.filter((found) => found === code).length
const TOO_MANY = { code: 'too_many_sign_ins', params: { instead: 'mailed_link' } }
const ipv4 = (i: number) => `198.51.${100 + (i >> 8)}.${i & 255}`

describe('guesses from many IPv6 networks', () => {
  test('from one IPv6 /56 an account allows 30 guesses in 15 minutes, and not ten from each of its networks', async () => {
    const codes = await guesses(40, (i) => `2001:db8:1:2${(i % 10).toString(16)}0::`)

    expect(codes).toHaveLength(40)
    // ten networks of /64: 200, 210 … 290, all in 2001:db8:1:200/56
    expect([count(codes, 'allowed'), count(codes, 'too_many_sign_ins')]).toEqual([30, 10])
    await expect(ann.tries({ network: '2001:db8:1:2ff::' })).rejects.toMatchObject(TOO_MANY)
    expect(await ann.isSignedIn(await ann.tries({ network: '2001:db8:1:300::' }))).toBe(true)
  })

  test('from one IPv6 /48 an account allows 60 guesses in 15 minutes', async () => {
    const codes = await guesses(70, (i) => `2001:db8:7:${(i % 35).toString(16)}00::`)

    expect([count(codes, 'allowed'), count(codes, 'too_many_sign_ins')]).toEqual([60, 10])
    await expect(ann.tries({ network: '2001:db8:7:ffff::' })).rejects.toMatchObject(TOO_MANY)
    expect(await ann.isSignedIn(await ann.tries({ network: '2001:db8:8::' }))).toBe(true)
  })

  test('an IPv6 network with groups of zeros belongs to the same /48 as its neighbours', async () => {
    await guesses(60, (i) => `2001:db8:0:${((i % 30) + 1).toString(16)}00::`)

    await expect(ann.tries({ network: '2001:db8::' })).rejects.toMatchObject(TOO_MANY)
  })

  test('guesses from neighbouring networks do not stop the owner in a known network', async () => {
    const network = '2001:db8:1:2::'
    await ann.tries({ network })
    await guesses(40, (i) => `2001:db8:1:${10 + (i % 10)}::`)

    expect(await ann.isSignedIn(await ann.tries({ network }))).toBe(true)
  })
})

describe('guesses from all over the world', () => {
  test('an account allows 100 guesses a day from all new networks, and none after that', async () => {
    const codes = await guesses(110, ipv4)

    expect([count(codes, 'allowed'), count(codes, 'too_many_sign_ins')]).toEqual([100, 10])
    await expect(ann.tries({ network: '203.0.113.1' })).rejects.toMatchObject(TOO_MANY)
    await expect(ann.tries({ network: '203.0.113.2', at: after(DAY - 1) })).rejects.toMatchObject(TOO_MANY)
    expect(await ann.isSignedIn(await ann.tries({ network: '203.0.113.3', at: after(DAY) }), DAY)).toBe(true)
  })

  test('an address without an account is limited like one with an account', async () => {
    const codes = await guesses(110, ipv4, { email: `nobody-${ann.email}` })

    expect([count(codes, 'allowed'), count(codes, 'too_many_sign_ins')]).toEqual([100, 10])
  })

  test('a flood from one network counts only as the ten guesses that it was allowed', async () => {
    await guesses(150, () => '198.51.100.1')

    expect(await ann.isSignedIn(await ann.tries({ network: '203.0.113.1' }))).toBe(true)
  })

  test('a stranger who uses up all guesses cannot lock the owner out of a network of the last 90 days', async () => {
    await ann.tries({ network: '203.0.113.7' })
    await guesses(110, ipv4, { at: after(89 * DAY) })

    const token = await ann.tries({ network: '203.0.113.7', at: after(89 * DAY) })

    expect(await ann.isSignedIn(token, 89 * DAY)).toBe(true)
  })

  test('a network without a sign-in for 90 days is not known any more', async () => {
    await ann.tries({ network: '203.0.113.7' })
    await guesses(110, ipv4, { at: after(90 * DAY) })

    const signingIn = ann.tries({ network: '203.0.113.7', at: after(90 * DAY) })

    await expect(signingIn).rejects.toMatchObject(TOO_MANY)
  })

  test('a right password from a known network does not give a stranger more guesses', async () => {
    await ann.tries({ network: '203.0.113.7' })
    await guesses(100, ipv4)

    await ann.tries({ network: '203.0.113.7' })

    expect(await guesses(1, () => '192.0.2.99')).toEqual(['too_many_sign_ins'])
  })

  test('known networks have a limit of their own, too', async () => {
    for (let i = 0; i < 12; i++)
      await inTransaction(database.db, (tx) =>
        openSession(tx, {
          customer: ann.id,
          methods: ['password'],
          at: after(0),
          from: { network: ipv4(i) },
        }),
      )

    const codes = await guesses(120, (i) => ipv4(i % 12))

    expect(count(codes, 'allowed')).toBe(100)
  })
})

describe('networks that an account knows', () => {
  const known = () =>
    database.db
      .selectFrom('known_networks')
      .select(['network_hash', 'last_at'])
      .where('customer_id', '=', ann.id)
      .execute()

  test('a network is known after a complete sign-in, and only a hash of it is stored', async () => {
    await ann.triesInVain(1)
    expect(await known()).toEqual([])

    await ann.tries()

    const rows = await known()
    expect(rows).toMatchObject([{ last_at: after(0) }])
    expect(JSON.stringify(rows)).not.toContain('192.0.2')
  })

  test('a password that was entered without the code makes no network known', async () => {
    await database.db
      .insertInto('second_factors')
      .values({
        customer_id: ann.id,
        key_id: 'k',
        sealed: Buffer.from('x'),
        created_at: after(0),
        confirmed_at: after(0),
      })
      .execute()

    await ann.tries()

    expect(await known()).toEqual([])
  })

  test('a new password forgets all networks, because a thief may have signed in with the old one', async () => {
    await ann.tries()

    await inTransaction(database.db, async (tx) =>
      setPassword(tx, ann.id, await passwords.hash('another horse battery')),
    )

    expect(await known()).toEqual([])
  })

  test('a sign-in removes the networks that are not known any more', async () => {
    await ann.tries()

    await ann.tries({ network: '203.0.113.7', at: after(90 * DAY) })

    expect(await known()).toMatchObject([{ last_at: after(90 * DAY) }])
  })

  test('ten sign-ins from two networks at once all succeed', async () => {
    await ann.tries({ network: '203.0.113.7' })
    await ann.tries({ network: '203.0.113.8' })

    const at = after(91 * DAY)
    const tokens = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ann.tries({ network: `203.0.113.${7 + (i % 2)}`, at })),
    )

    expect(tokens).toHaveLength(10)
    expect(await known()).toHaveLength(2)
  })
})
