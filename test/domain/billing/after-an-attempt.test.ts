import { describe, expect, test } from 'vitest'
import { type Confirmed, hasNothingHappened, moveAfterConfirm, nextRefund } from '#domain/billing'
import { inWords } from '../../support/moves.ts'

describe('the move after attempt 4', () => {
  test.for<[Confirmed, string]>([
    [{ kind: 'intent', intent: { status: 'succeeded' } }, 'record paid; 4 succeeded'],
    [{ kind: 'intent', intent: { status: 'requires_action' } }, 'ask cardholder'],
    [{ kind: 'intent', intent: { status: 'requires_payment_method' } }, 'look again'],
    [{ kind: 'intent', intent: { status: 'requires_confirmation' } }, 'look again'],
    [{ kind: 'intent', intent: { status: 'requires_capture' } }, 'look again'],
    [{ kind: 'intent', intent: { status: 'processing' } }, 'look again'],
    [{ kind: 'intent', intent: { status: 'canceled' } }, 'look again'],
    [{ kind: 'authentication_required' }, 'ask cardholder; 4 authentication_required'],
    [{ kind: 'declined', code: 'card_declined' }, 'refuse card_declined; 4 declined'],
    [
      { kind: 'declined', code: 'card_declined', declineCode: 'insufficient_funds' },
      'refuse insufficient_funds; 4 declined',
    ],
    [
      { kind: 'declined', code: 'card_declined', declineCode: 'stolen_card' },
      'refuse card_declined; 4 declined; never again',
    ],
    [
      { kind: 'declined', code: 'card_declined', adviceCode: 'do_not_try_again' },
      'refuse card_declined; 4 declined; never again',
    ],
    [
      { kind: 'declined', code: 'card_declined', adviceCode: 'try_again_later' },
      'refuse card_declined; 4 declined',
    ],
  ])('after attempt 4 ended with %j, the next move is: %s', ([confirmed, expected]) => {
    expect(inWords(moveAfterConfirm(4, confirmed))).toBe(expected)
  })

  test.for([
    [{}, true],
    [{ latestCharge: 'ch_2' }, false],
    [{ status: 'processing' }, false],
    [{ status: 'succeeded', latestCharge: 'ch_2' }, false],
  ] as const)(
    'after a server error and the change %j of the payment, a new attempt is allowed: %s',
    ([change, expected]) => {
      const before = {
        status: 'requires_payment_method',
        latestCharge: 'ch_1',
        lastError: undefined,
        bankPage: undefined,
      } as const
      expect(hasNothingHappened(before, { ...before, ...change })).toBe(expected)
    },
  )
})

describe('a refund of 4900', () => {
  const refund = (amountMinor: number, status = 'succeeded', n = 1) => ({
    id: `re_${n}`,
    n,
    status,
    amountMinor,
  })
  test.for([
    [[], 'create 4900 with number 1'],
    [[refund(4900)], 'done'],
    [[refund(4900, 'pending')], 'wait'],
    [[refund(4900, 'requires_action')], 'wait'],
    [[refund(900, 'succeeded', 0)], 'create 4000 with number 1'],
    [[refund(900, 'pending', 0)], 'create 4000 with number 1'],
    [[refund(4900, 'failed')], 'create 4900 with number 2'],
    [[refund(4900, 'canceled')], 'create 4900 with number 2'],
    [[refund(4900, 'failed', 3), refund(4900, 'failed', 1)], 'create 4900 with number 4'],
    [[refund(4900, 'failed'), refund(4900, 'succeeded', 2)], 'done'],
    [[refund(900), refund(4000, 'requires_action', 2)], 'wait'],
    [[refund(4900), refund(100, 'succeeded', 2)], 'done'],
  ] as const)('with the refunds %j of a payment of 4900, the next move is: %s', ([refunds, expected]) => {
    const { kind, ...how } = nextRefund(4900, refunds)
    const words = 'n' in how ? `${kind} ${how.amountMinor} with number ${how.n}` : kind
    expect(words).toBe(expected)
  })
})
