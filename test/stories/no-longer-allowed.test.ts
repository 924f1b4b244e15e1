import { describe, expect } from 'vitest'
import { activitiesOn } from '#activities'
import { changeConnectionScopes, revokeConnection } from '#domain/connections'
import { nudgeWaiting, readOperation } from '#domain/operations'
import { setKillSwitch, setSpendingRules } from '#domain/spending'
import type { ConnectionId, OperationId } from '#kernel/ids'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { EUR } from '../support/a-spender.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageBehind } from '../support/a-wait.ts'
import { type Fault, justBefore } from '../support/faults.ts'
import { holdsOf, limit } from '../support/spending-of-an-assistant.ts'

const test = storyTest()

async function connectionOf({ db }: Shop, operation: OperationId): Promise<ConnectionId> {
  const { connectionId } = await readOperation(db, operation)
  if (!connectionId) throw new Error(`${operation} has no connection`)
  return connectionId
}

const revoke = ({ db }: Shop, id: ConnectionId) =>
  revokeConnection(db, { id, reason: 'person', at: new Date() })

const keepScopes = ({ db, market }: Shop, id: ConnectionId, scopes: string[]) =>
  changeConnectionScopes(db, {
    id,
    by: market.person('threeds'),
    request: 'r',
    scopes,
    authAt: new Date(),
    at: new Date(),
  })

const stop = ({ db, market }: Shop, on: boolean) =>
  setKillSwitch(db, { org: market.org('initech'), by: market.person('threeds'), on, at: new Date() })

async function setRole({ db, market }: Shop, role: 'owner' | 'developer' | undefined): Promise<void> {
  const member = { org_id: market.org('initech'), customer_id: market.person('threeds') }
  await db.deleteFrom('org_members').where('customer_id', '=', member.customer_id).execute()
  if (role)
    await db
      .insertInto('org_members')
      .values({ ...member, role, joined_at: new Date() })
      .execute()
}

interface Change {
  happens: (shop: Shop, connection: ConnectionId) => Promise<unknown>
  code: string
  /** Makes the person able to buy again, for the next test. */
  after?: (shop: Shop) => Promise<unknown>
}

/** What may change while a purchase waits for its person at the bank, and the code with which it then ends. */
const CHANGES: Record<string, Change> = {
  'its connection was revoked': { happens: revoke, code: 'not_allowed' },
  'its connection lost the scope buy': {
    happens: (shop, connection) => keepScopes(shop, connection, ['read', 'projects']),
    code: 'not_allowed',
  },
  'its connection lost the scope projects': {
    happens: (shop, connection) => keepScopes(shop, connection, ['read', 'buy']),
    code: 'not_allowed',
  },
  'its person lost the role': {
    happens: (shop) => setRole(shop, 'developer'),
    code: 'not_allowed',
    after: (shop) => setRole(shop, 'owner'),
  },
  'its person left the org': {
    happens: (shop) => setRole(shop, undefined),
    code: 'org_not_found',
    after: (shop) => setRole(shop, 'owner'),
  },
  'its limit was lowered': {
    happens: (shop, connection) => limit(shop, { connection }, { by: 'threeds', most: 48 }),
    code: 'spending_limit_reached',
  },
  'its vendor is no longer allowed': {
    happens: ({ db, market }, connection) =>
      setSpendingRules(db, {
        connection,
        by: market.person('threeds'),
        rules: { limits: [EUR(500)], vendors: ['fabrikam'], subscriptions: true },
        at: new Date(),
      }),
    code: 'vendor_not_allowed',
  },
  'the assistants of its org were stopped': {
    happens: (shop) => stop(shop, true),
    code: 'spending_stopped',
    after: (shop) => stop(shop, false),
  },
}

/** Expects that an operation failed with the code, that nothing was paid, and that its payment is closed. */
async function expectEnded(
  shop: Shop,
  { id, over }: Awaited<ReturnType<typeof aWait>>,
  code: string,
): Promise<void> {
  expect(await over()).toMatchObject({ status: 'failed', error: { code } })
  expect(await holdsOf(shop, { connection: await connectionOf(shop, id) })).toEqual(['released 4900'])
  const { payment_intent_id } = await shop.db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select('c.payment_intent_id')
    .where('o.operation_id', '=', id)
    .executeTakeFirstOrThrow()
  expect(await shop.payments.getIntent(payment_intent_id ?? '')).toMatchObject({ status: 'canceled' })
}

const net = async ({ bank }: Shop) => (await bank.money()).totals.net

describe.skipIf(!timeSkippingServer)('a purchase that waits at the bank', { timeout: 60_000 }, () => {
  test.for(Object.entries(CHANGES))(
    'a purchase that waits at the bank cannot be confirmed any more and ends when %s',
    async ([, { happens, code, after }], { shop }) => {
      // the run does not look before the person comes
      shop.breaks((steps) => ({ ...steps, lookAtPayment: async () => undefined }))
      const wait = await aWait(shop, 'threeds')
      const tara = await shop.visitor('threeds')
      await tara.get(wait.path)

      await happens(shop, await connectionOf(shop, wait.id))
      const answer = await tara.post(wait.path)
      shop.breaks()
      // the run may have used up the nudge of the bank's page while it could not look
      await nudgeWaiting(shop.db, { operation: wait.id })

      expect(answer.statusCode).toBeGreaterThanOrEqual(400)
      expect(answer.body).not.toContain(shop.bank.url)
      await expectEnded(shop, wait, code)
      await after?.(shop)
    },
  )

  test('a waiting purchase ends at once when its connection is revoked, also while its person is at the bank', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds')
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    const before = await net(shop)

    await revoke(shop, await connectionOf(shop, wait.id))
    await expectEnded(shop, wait, 'not_allowed')
    await shop.bank.answerBank(page, 'approve').catch(() => undefined)

    expect(await net(shop)).toBe(before)
  })

  test('a purchase that waits for a card ends when its connection is revoked', async ({ shop }) => {
    const wait = await aWait(shop, 'nocard')

    await revoke(shop, await connectionOf(shop, wait.id))

    expect(await wait.over()).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })

  test('a payment that the person confirms after the revocation, on a page that was open before, is refunded', async ({
    shop,
  }) => {
    const confirmed = Promise.withResolvers<void>()
    shop.breaks(justBefore('lookAtPayment', () => confirmed.promise))
    const wait = await aWait(shop, 'threeds')
    const connection = await connectionOf(shop, wait.id)
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    const before = await net(shop)

    await revoke(shop, connection)
    await shop.bank.answerBank(page, 'approve')
    confirmed.resolve()

    expect(await wait.over()).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    expect(await net(shop)).toBe(before)
    expect(await holdsOf(shop, { connection })).toEqual(['released 4900'])
  })

  test('a payment of a removed member, confirmed on a page that was open before, is refunded', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds')
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    const before = await net(shop)

    await setRole(shop, undefined)
    await shop.bank.answerBank(page, 'approve')
    const over = await wait.over()
    await setRole(shop, 'owner')

    expect(over).toMatchObject({ status: 'failed', error: { code: 'org_not_found' } })
    expect(await net(shop)).toBe(before)
  })

  test('a payment that the person confirms while the revoked purchase is being closed is refunded', async ({
    shop,
  }) => {
    let page = ''
    let confirmed: Promise<unknown> | undefined
    const { payments } = shop
    const racing = activitiesOn({
      ...shop,
      payments: {
        ...payments,
        async cancelIntent(wanted) {
          await (confirmed ??= shop.bank.answerBank(page, 'approve'))
          return payments.cancelIntent(wanted)
        },
      },
    })
    shop.breaks((steps) => ({ ...steps, lookAtPayment: (step) => racing.lookAtPayment(step) }))
    const wait = await aWait(shop, 'threeds')
    const connection = await connectionOf(shop, wait.id)
    page = await pageBehind(await shop.visitor('threeds'), wait.path)
    const before = await net(shop)

    await revoke(shop, connection)

    expect(await wait.over()).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    expect(confirmed).toBeDefined()
    expect(await net(shop)).toBe(before)
    expect(await holdsOf(shop, { connection })).toEqual(['released 4900'])
  })

  test('a revoked purchase keeps its reason when the result of the look that closed its payment is lost', async ({
    shop,
  }) => {
    let lost = 0
    const losingTheRefusal: Fault = (steps) => ({
      ...steps,
      async lookAtPayment(input) {
        const answer = await steps.lookAtPayment(input)
        if (!answer?.refusal || lost) return answer
        lost++
        throw new Error('the result was lost')
      },
    })
    shop.breaks(losingTheRefusal)
    const wait = await aWait(shop, 'threeds')

    await revoke(shop, await connectionOf(shop, wait.id))

    await expectEnded(shop, wait, 'not_allowed')
    expect(lost).toBe(1)
  })
})
