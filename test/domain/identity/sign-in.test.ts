import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyChain } from '#domain/audit'
import { signIn } from '#domain/identity'
import { aCustomer, after, type Customer, DAY, PASSWORD, START } from '../../support/a-customer.ts'
import { cheapPasswords as passwords } from '../../support/passwords.ts'
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

describe('the right address and password', () => {
  test('the right address and password begin a session with the data of the customer', async () => {
    const token = await ann.tries({ email: `  ${ann.email.toUpperCase()} ` })

    expect(await ann.found(token)).toEqual({
      customer: ann.id,
      email: ann.email,
      displayName: 'Ann',
      isOperator: false,
      authAt: START,
      idHash: createHash('sha256').update(token).digest(),
    })
  })

  test('a sign-in returns a token of 256 random bits, of which only the hash is stored', async () => {
    const [one, other] = [await ann.tries(), await ann.tries()]

    const rows = await database.db.selectFrom('sessions').selectAll().execute()
    expect(one).toMatch(/^[\w-]{43}$/)
    expect(one).not.toBe(other)
    expect(rows.filter(({ customer_id }) => customer_id === ann.id)).toEqual([
      expect.objectContaining({ methods: ['password'] }),
      expect.objectContaining({ methods: ['password'] }),
    ])
    for (const token of [one, other]) {
      expect(JSON.stringify(rows)).not.toContain(token)
      expect(JSON.stringify(rows)).not.toContain(JSON.stringify(Buffer.from(token, 'base64url')))
    }
  })

  test('a sign-in ends the previous session of the browser', async () => {
    const before = await ann.tries()
    const now = await ann.tries({ previous: await ann.found(before) })

    expect([await ann.isSignedIn(before), await ann.isSignedIn(now)]).toEqual([false, true])
    expect(await ann.events()).toEqual([
      ['sign_in', 'done'],
      ['sign_out', 'done'],
      ['sign_in', 'done'],
    ])
  })

  test('a sign-in keeps the sessions of other browsers', async () => {
    const [old, other] = [await ann.tries(), await ann.tries({ at: after(10 * DAY) })]

    const newest = await ann.tries({ at: after(14 * DAY) })

    expect(await Promise.all([old, other, newest].map((token) => ann.isSignedIn(token, 14 * DAY)))).toEqual([
      false,
      true,
      true,
    ])
  })
})

describe('a wrong address or password', () => {
  test.for(['password', 'address', 'nul', 'long'] as const)(
    'every wrong sign-in is refused with the same message: %s',
    async (wrong) => {
      const given = {
        password: { password: 'wrong' },
        address: { email: `nobody-${ann.email}` },
        nul: { email: `\0${ann.email}`, password: 'a\0b' },
        long: { email: 'x'.repeat(100_000) },
      }[wrong]

      await expect(ann.tries(given)).rejects.toMatchObject({
        kind: 'unauthenticated',
        code: 'wrong_email_or_password',
        message: 'The e-mail address or the password is wrong.',
      })
    },
  )

  test('a customer who has no password or is disabled is refused like a wrong password', async () => {
    await ann.disable(START)
    await expect(ann.tries()).rejects.toMatchObject({ code: 'wrong_email_or_password' })
    await ann.disable(null)
    await database.db.updateTable('customers').set({ password_phc: null }).where('id', '=', ann.id).execute()
    await expect(ann.tries({ password: '' })).rejects.toMatchObject({ code: 'wrong_email_or_password' })

    expect(await ann.events()).toEqual([
      ['sign_in', 'refused', 'customer_disabled'],
      ['sign_in', 'refused', 'wrong_password'],
    ])
  })

  test('a wrong password is an audit event of the customer, and an unknown address leaves none', async () => {
    const eventsInAll = () =>
      database.db
        .selectFrom('audit_events')
        .select((of) => of.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()

    await ann.triesInVain(1)
    const before = await eventsInAll()
    await ann.triesInVain(1, { email: `nobody-${ann.email}` })

    expect(await ann.events()).toEqual([['sign_in', 'refused', 'wrong_password']])
    expect(await eventsInAll()).toEqual(before)
    expect(await verifyChain(database.db, `customer:${ann.id}`)).toEqual({ intact: true, events: 1 })
  })

  test('a refused sign-in takes long enough to hide whether the address is known', async () => {
    const since = performance.now()
    await ann.triesInVain(1, { email: `nobody-${ann.email}` })

    expect(performance.now() - since).toBeGreaterThan(140) // a timer may fire a little early
  })
})

describe('a password that is changed during its check', () => {
  test('a password that is changed during its check begins no session', async () => {
    const changing = {
      ...passwords,
      async verify(password: string, phc: string | null | undefined) {
        const isRight = await passwords.verify(password, phc)
        const password_phc = await passwords.hash('another one')
        await database.db.updateTable('customers').set({ password_phc }).where('id', '=', ann.id).execute()
        return isRight
      },
    }
    const given = { email: ann.email, password: PASSWORD, network: '192.0.2.1', request: 'req_1', at: START }

    const signingIn = signIn(database.db, changing, { ...given, previous: undefined })

    await expect(signingIn).rejects.toMatchObject({ code: 'wrong_email_or_password' })
    expect(await ann.events()).toEqual([['sign_in', 'refused', 'wrong_password']])
  })
})
