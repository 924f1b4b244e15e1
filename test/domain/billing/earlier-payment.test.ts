import { describe, expect, test } from 'vitest'
import { moveForEarlier } from '#domain/billing'

const EARLIER = {
  status: 'requires_action' as const,
  amountMinor: 4900,
  currency: 'EUR',
  amountReceivedMinor: 0,
  amountReturnedMinor: 0,
  bought: 'search',
}
const paid = { status: 'succeeded' as const, amountReceivedMinor: 4900 }

type Some = Partial<Omit<typeof EARLIER, 'status'>> & { status?: 'succeeded' | 'canceled' | 'processing' }

describe('an earlier payment of the same call', () => {
  test.for<[string, Some[], string]>([
    ['none is found', [], 'create, cancels none'],
    ['it was cancelled', [{ status: 'canceled' }], 'create, cancels none'],
    ['it is open', [{}], 'adopt 0'],
    ['it is being processed', [{ status: 'processing' }], 'adopt 0'],
    ['it is open with another amount', [{ amountMinor: 100 }], 'create, cancels 0'],
    ['it is open in another currency', [{ currency: 'USD' }], 'create, cancels 0'],
    ['it was paid', [paid], 'adopt 0'],
    ['it was paid after an open one', [{}, paid], 'adopt 1'],
    ['it was paid with another amount', [{ ...paid, amountMinor: 100 }], 'refuse'],
    ['it was paid for something else', [{ ...paid, bought: 'stock' }], 'refuse'],
    ['it is open for something else', [{ bought: 'stock' }], 'create, cancels 0'],
    ['it was paid, and another is open for something else', [paid, { bought: 'stock' }], 'adopt 0'],
    ['it was paid and paid back', [{ ...paid, amountReturnedMinor: 4900 }], 'refuse'],
    ['a part was paid back', [{ ...paid, amountReturnedMinor: 1 }], 'refuse'],
    ['one was paid back and another is open', [{ ...paid, amountReturnedMinor: 4900 }, {}], 'refuse'],
  ])('when %s, a charge does only what cannot charge a key twice', ([, found, expected]) => {
    const earlier = found.map((one, i) => ({ ...EARLIER, id: String(i), ...one }))

    const move = moveForEarlier({ amount: { amountMinor: 4900, currency: 'EUR' }, bought: 'search' }, earlier)

    const words = {
      adopt: () => `adopt ${'payment' in move ? move.payment.id : ''}`,
      refuse: () => 'refuse',
      create: () =>
        `create, cancels ${('cancelFirst' in move && move.cancelFirst.map(({ id }) => id).join()) || 'none'}`,
    }
    expect(words[move.kind]()).toBe(expected)
  })
})
