import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MoneyReport } from '../../sandbox/stripe/money.ts'
import { aSavedCard, aStripe, type StripeAndSdk } from './stripe-sdk.ts'

let own: StripeAndSdk
beforeAll(async () => {
  own = await aStripe()
})
afterAll(() => own.standIn.stop())
beforeEach(() => own.sim('reset', {}))

const heldNow = async () => (await own.sim<{ held: object[] }>('held')).held
async function untilHeld(count: number): Promise<void> {
  while ((await heldNow()).length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}
const netTaken = async () => (await own.sim<MoneyReport>('money')).totals.net
const holdConfirm = (answer: string) => own.sim('next', { match: { path: '/confirm' }, answer })

async function aConfirm() {
  const { intent, card } = await aSavedCard(own.stripe, 'pm_card_visa')
  const how = { payment_method: card.id, off_session: true }
  return () => own.stripe.paymentIntents.confirm(intent.id, how, { idempotencyKey: `confirm:${intent.id}` })
}

describe('a request that is held', () => {
  test.for([
    ['held', 0],
    ['held_before', 0],
    ['held_after', 4900],
  ] as const)('%s has taken %i while it waits, and all once it is released', async ([answer, taken]) => {
    const confirm = await aConfirm()
    await holdConfirm(answer)
    const confirming = confirm()
    await untilHeld(1)
    expect(await heldNow()).toMatchObject([{ method: 'POST' }])
    expect(await netTaken()).toBe(taken)
    await expect(confirm()).rejects.toMatchObject({ code: 'idempotency_key_in_use' })
    expect(await own.sim('release', { match: { path: '/refunds' } })).toEqual({ released: 0 })
    expect(await own.sim('release', {})).toEqual({ released: 1 })
    expect((await confirming).status).toBe('succeeded')
    expect(await heldNow()).toEqual([])
    expect((await confirm()).status).toBe('succeeded')
    expect(await netTaken()).toBe(4900)
  })

  test('has no effect after a reset', async () => {
    const confirm = await aConfirm()
    await holdConfirm('held_before')
    const confirming = confirm().catch((e: Error) => e) // the SDK sends it again: there is no such payment any more
    await untilHeld(1)
    await own.sim('reset', {})
    expect(await confirming).toBeInstanceOf(Error)
    expect(await heldNow()).toEqual([])
    expect((await own.sim<MoneyReport>('money')).intents).toEqual([])
  })
})

describe('the clock', () => {
  test('expires idempotency keys after 24 hours', async () => {
    const create = () => own.stripe.customers.create({}, { idempotencyKey: 'once' })
    const first = await create()
    await own.sim('clock', { advance: 24 * 60 * 60 - 60 })
    expect((await create()).id).toBe(first.id)
    await own.sim('clock', { advance: 60 })
    expect((await create()).id).not.toBe(first.id)
  })

  test('goes forward in whole seconds only', async () => {
    await expect(own.sim('clock', { advance: -1 })).rejects.toThrow('advance')
    await expect(own.sim('clock', { ahead: 1 })).rejects.toThrow('advance')
  })
})
