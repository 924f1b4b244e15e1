import { describe, expect, test } from 'vitest'
import { type Confirmed, hasNothingHappened, moveAfterConfirm, refundLeft } from '#domain/billing'
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
      } as const
      expect(hasNothingHappened(before, { ...before, ...change })).toBe(expected)
    },
  )
})

describe('a refund of 4900', () => {
  const refund = (amountMinor: number, status = 'succeeded', id = 're_1') => ({ id, status, amountMinor })
  test.for([
    [[], 4900, undefined],
    [[refund(4900)], 0, 're_1'],
    [[refund(4900, 'pending')], 0, 're_1'],
    [[refund(900)], 4000, 're_1'],
    [[refund(4900, 'failed')], 4900, undefined],
    [[refund(4900, 'canceled')], 4900, undefined],
    [[refund(4900, 'failed'), refund(4900, 'succeeded', 're_2')], 0, 're_2'],
    [[refund(900), refund(4000, 'requires_action', 're_2')], 0, 're_1'],
    [[refund(4900), refund(100, 'succeeded', 're_2')], 0, 're_1'],
  ] as const)(
    'with the refunds %j of a payment of 4900, %i is left to refund',
    ([refunds, amountMinor, refundId]) => {
      expect(refundLeft(4900, refunds)).toEqual({ amountMinor, refundId })
    },
  )
})
