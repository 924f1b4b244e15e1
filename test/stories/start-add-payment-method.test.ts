import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { listPaymentMethods } from '#domain/billing'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageOf, untilItIsOver } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'

const test = storyTest()
const STORY = 'start_add_payment_method'
const NOA = { name: 'nocard', org: 'hooli' }
const VISA = '4242 4242 4242 4242'
/** A card that can be saved, but every charge is declined. */
const LATER_DECLINED = '4000 0000 0000 0341'
const REFUSED_WHEN_SAVED = '4000 0000 0000 0002'

const cardsOf = ({ db, market }: Shop, org = NOA.org) => listPaymentMethods(db, market.org(org))
const ordersOf = ({ db }: Shop) => db.selectFrom('orders').select('id').execute()
const sessionsOf = async ({ db }: Shop, operation: string) =>
  db
    .selectFrom('card_sessions')
    .select('closed_at')
    .where('operation_id', '=', operation as never)
    .execute()

describe.skipIf(!timeSkippingServer)('start_add_payment_method', { timeout: 60_000 }, () => {
  test('a declined card is not kept, and the card page accepts another one, which becomes the default', async ({
    shop,
  }) => {
    const money = await shop.bank.money()
    const { id, path, over } = await aWait(shop, 'nocard', 'a card')
    const page = await pageOf(shop, NOA.name, id)

    expect(await shop.bank.typeCard(page, REFUSED_WHEN_SAVED)).toBeUndefined()
    expect(await cardsOf(shop)).toEqual([])
    expect(await shop.bank.typeCard(page, VISA)).toContain(path)

    const operation = await over()
    const [card, ...more] = await cardsOf(shop)
    expect([card, more]).toMatchObject([{ last4: '4242', isDefault: true, isRefused: false }, []])
    expect(operation).toMatchObject({
      story: STORY,
      status: 'completed',
      result: { payment_method: { id: card?.id, brand: 'visa', last4: '4242', is_default: true } },
    })
    expect([await shop.bank.money(), await ordersOf(shop)]).toEqual([money, []])
  })

  test('a second card leaves the default card as it is, and each operation reports its own card', async ({
    shop,
  }) => {
    const waits = [await aWait(shop, 'nocard', 'a card'), await aWait(shop, 'nocard', 'a card')] as const
    const pages = [
      await pageOf(shop, NOA.name, waits[0].id),
      await pageOf(shop, NOA.name, waits[1].id),
    ] as const

    await shop.bank.typeCard(pages[1], LATER_DECLINED)
    const second = await waits[1].over()
    const first = await shop.db
      .selectFrom('operations')
      .select('status')
      .where('id', '=', waits[0].id)
      .executeTakeFirstOrThrow()

    expect(second.result).toMatchObject({ payment_method: { last4: '0341', is_default: false } })
    expect(first).toEqual({ status: 'waiting_for_you' })
    await waits[0].cancel()
    expect(await cardsOf(shop)).toMatchObject([
      { last4: '4242', isDefault: true },
      { last4: '0341', isDefault: false },
    ])
  })

  test('a new card becomes the default when the org has no default card', async ({ shop }) => {
    const [old] = await cardsOf(shop)
    await shop.db
      .updateTable('payment_methods')
      .set({ default_since: null, refused_at: new Date() })
      .where('id', '=', old?.id ?? 'pmt_')
      .execute()
    const { id, over } = await aWait(shop, 'nocard', 'a card')

    await shop.bank.typeCard(await pageOf(shop, NOA.name, id), VISA)

    expect((await over()).result).toMatchObject({ payment_method: { is_default: true } })
    expect((await cardsOf(shop)).filter(({ isDefault }) => isDefault)).toHaveLength(1)
  })

  test('when an operation has two card pages, only the one that was used is closed', async ({ shop }) => {
    const { id, over } = await aWait(shop, 'nocard', 'a card')
    const [left, used] = [await pageOf(shop, NOA.name, id), await pageOf(shop, NOA.name, id)]
    expect(left).not.toBe(used)

    await shop.bank.typeCard(used, VISA)
    await over()

    const sessions = await sessionsOf(shop, id)
    expect(sessions).toHaveLength(2)
    expect(sessions.filter(({ closed_at }) => closed_at)).toHaveLength(1)
  })

  test('the same key joins start_add_payment_method while it waits and after it is cancelled', async ({
    shop,
  }) => {
    const assistant = await shop.assistant(NOA)
    const input = { idempotency_key: randomUUID() }
    const { operation_id } = await assistant.call(STORY, input)

    const joined = await assistant.call(STORY, input)
    await assistant.call('cancel_operation', { operation_id })
    const over = await assistant.call(STORY, input)

    expect(joined).toMatchObject({ operation_id, status: 'waiting_for_you', replayed: true })
    expect(over).toMatchObject({ operation_id, status: 'cancelled', replayed: true })
  })

  test('a member who may not buy cannot start to add a card', async ({ shop }) => {
    for (const name of ['developer', 'viewer']) {
      const { call } = await shop.assistant({ name })
      expect(await call(STORY, { idempotency_key: randomUUID() })).toMatchObject({
        isError: true,
        error: { code: 'not_allowed' },
      })
    }
  })

  test('a member who loses the role just before the wait for a card is asked for none, and the run ends', async ({
    shop,
  }) => {
    const assistant = await shop.assistant(NOA)
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org(NOA.org))
      .where('customer_id', '=', shop.market.person(NOA.name))
    shop.breaks(justBefore('beginCardWait', () => member.set({ role: 'viewer' }).execute()))

    const response = await untilItIsOver(assistant, assistant.call(STORY, { idempotency_key: randomUUID() }))

    await member.set({ role: 'owner' }).execute()
    expect(response).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    const waited = await shop.db
      .selectFrom('operations')
      .select(['waiting_for', 'waiting_until'])
      .where('id', '=', response.operation_id)
      .executeTakeFirstOrThrow()
    expect(waited).toEqual({ waiting_for: null, waiting_until: null })
  })
})
