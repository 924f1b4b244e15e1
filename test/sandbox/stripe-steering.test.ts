import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MoneyReport } from '../../sandbox/stripe/money.ts'
import { aSavedCard, aStripe, type StripeAndSdk } from './stripe-sdk.ts'

let setup: StripeAndSdk
beforeAll(async () => {
  setup = await aStripe()
})
afterAll(() => setup.standIn.stop())
beforeEach(() => setup.sim('reset', {}))

const heldNow = async () => (await setup.sim<{ held: object[] }>('held')).held
async function untilHeld(count: number): Promise<void> {
  while ((await heldNow()).length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}
const netTaken = async () => (await setup.sim<MoneyReport>('money')).totals.net
const holdConfirm = (answer: string) => setup.sim('next', { match: { path: '/confirm' }, answer })

async function aConfirm() {
  const { intent, card } = await aSavedCard(setup.stripe, 'pm_card_visa')
  const params = { payment_method: card.id, off_session: true }
  return () =>
    setup.stripe.paymentIntents.confirm(intent.id, params, { idempotencyKey: `confirm:${intent.id}` })
}

describe('a request that is held', () => {
  test.for([
    ['held', 0],
    ['held_before', 0],
    ['held_after', 4900],
  ] as const)(
    'while a request is %s, the bank has charged %i, and after the release it has charged everything',
    async ([answer, taken]) => {
      const confirm = await aConfirm()
      await holdConfirm(answer)
      const confirming = confirm()
      await untilHeld(1)
      expect(await heldNow()).toMatchObject([{ method: 'POST' }])
      expect(await netTaken()).toBe(taken)
      await expect(confirm()).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
      expect(await setup.sim('release', { match: { path: '/refunds' } })).toEqual({ released: 0 })
      expect(await setup.sim('release', {})).toEqual({ released: 1 })
      expect((await confirming).status).toBe('succeeded')
      expect(await heldNow()).toEqual([])
      expect((await confirm()).status).toBe('succeeded')
      expect(await netTaken()).toBe(4900)
    },
  )

  test('a request that was held has no effect after a reset', async () => {
    const confirm = await aConfirm()
    await holdConfirm('held_before')
    // the SDK retries it, but the payment no longer exists
    const confirming = confirm().catch((e: Error) => e)
    await untilHeld(1)
    await setup.sim('reset', {})
    expect(await confirming).toBeInstanceOf(Error)
    expect(await heldNow()).toEqual([])
    expect((await setup.sim<MoneyReport>('money')).intents).toEqual([])
  })
})

describe('the clock of the stand-in', () => {
  test('idempotency keys expire after 24 hours on the clock of the stand-in', async () => {
    const create = () => setup.stripe.customers.create({}, { idempotencyKey: 'once' })
    const first = await create()
    await setup.sim('clock', { advance: 24 * 60 * 60 - 60 })
    expect((await create()).id).toBe(first.id)
    await setup.sim('clock', { advance: 60 })
    expect((await create()).id).not.toBe(first.id)
  })

  test('the clock of the stand-in goes forward only', async () => {
    await expect(setup.sim('clock', { advance: -1 })).rejects.toThrow('advance')
    await expect(setup.sim('clock', { ahead: 1 })).rejects.toThrow('advance')
  })
})
