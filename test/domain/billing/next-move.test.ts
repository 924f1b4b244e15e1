import { describe, expect, test } from 'vitest'
import { type IntentStatus, type Moves, nextMove } from '#domain/billing'
import { SITUATIONS } from '../../support/charge-situations.ts'
import { inWords } from '../../support/moves.ts'

type Named = keyof typeof SITUATIONS

/** The expected move for every situation: one text for all, or one for each. */
type Cells = string | Record<Named, string>
const except = (usual: string, cells: Partial<Record<Named, string>>): Record<Named, string> => ({
  ...(Object.fromEntries(Object.keys(SITUATIONS).map((name) => [name, usual])) as Record<Named, string>),
  ...cells,
})

const paid = except('record paid', {
  'off-session in doubt': 'record paid; 2 succeeded',
  'off-session in doubt, card refused': 'record paid; 2 succeeded',
  'off-session in doubt, a charge since': 'record paid; 2 succeeded',
  'off-session in doubt, lost card since': 'record paid; 2 succeeded',
  'off-session in doubt, authentication failed': 'record paid; 2 succeeded',
  'on-session in doubt': 'record paid; 2 succeeded',
  'on-session in doubt, a charge since': 'record paid; 2 succeeded',
  'on-session in doubt, do not try again': 'record paid; 2 succeeded',
  'on-session in doubt, authentication failed': 'record paid; 2 succeeded',
  'off-session in doubt, authentication required since': 'record paid; 2 succeeded',
  'off-session in doubt, authentication required without a charge': 'record paid; 2 succeeded',
  'on-session in doubt, authentication was required': 'record paid; 2 succeeded',
  'on-session in doubt, with a page': 'record paid; 2 succeeded',
  'off-session in doubt, card removed': 'record paid; 2 succeeded',
  'off-session in doubt, card removed, a charge since': 'record paid; 2 succeeded',
  'on-session in doubt, card removed': 'record paid; 2 succeeded',
})
const confirmOffSession: Record<Named, string> = {
  'no attempt': 'confirm 1',
  'no attempt, card refused': 'refuse card_declined',
  'off-session in doubt': 'confirm 2',
  'off-session in doubt, card refused': 'confirm 2',
  'off-session in doubt, a charge since': 'refuse insufficient_funds; 2 declined',
  'off-session in doubt, lost card since': 'refuse card_declined; 2 declined; never again',
  'off-session in doubt, authentication failed': 'confirm 2',
  'on-session in doubt': 'ask cardholder',
  'on-session in doubt, a charge since': 'refuse insufficient_funds; 2 declined',
  'on-session in doubt, do not try again': 'refuse card_declined; 2 declined; never again',
  'on-session in doubt, authentication failed': 'ask cardholder',
  'off-session in doubt, authentication required since': 'ask cardholder; 2 authentication_required',
  'off-session in doubt, authentication required without a charge':
    'ask cardholder; 2 authentication_required',
  'on-session in doubt, authentication was required': 'ask cardholder',
  'on-session in doubt, with a page': 'ask cardholder',
  'no attempt, card removed': 'refuse payment_method_not_found',
  'off-session in doubt, card removed': 'refuse payment_method_not_found',
  'off-session in doubt, card removed, a charge since': 'refuse insufficient_funds; 2 declined',
  'on-session in doubt, card removed': 'ask cardholder',
  'on-session, nothing happened': 'ask cardholder',
  declined: 'refuse card_expired',
  'on-session declined': 'refuse card_declined',
  'authentication required': 'ask cardholder',
  'nothing happened': 'confirm 2',
  'nothing happened, card refused': 'refuse card_declined',
  // a payment should not be open after a success; if it is, its status decides
  succeeded: 'confirm 2',
}
const settled = Object.fromEntries(
  Object.entries(confirmOffSession).map(([name, move]) => [
    name,
    move.startsWith('confirm') ? 'give up' : move,
  ]),
) as Record<Named, string>
const confirmOnSession = except('confirm 2', {
  'no attempt, card removed': 'confirm 1',
  'off-session in doubt, authentication required since': 'confirm 3',
  'off-session in doubt, authentication required without a charge': 'confirm 3',
  'off-session in doubt, card removed': 'confirm 3',
  'off-session in doubt, card removed, a charge since': 'confirm 3',
  'on-session, nothing happened': 'confirm 3',
  'no attempt': 'confirm 1',
  'no attempt, card refused': 'confirm 1',
  'off-session in doubt': 'confirm 3',
  'off-session in doubt, card refused': 'confirm 3',
  'off-session in doubt, a charge since': 'confirm 3',
  'off-session in doubt, lost card since': 'confirm 3',
  'off-session in doubt, authentication failed': 'confirm 3',
})
const visited = (usual: string): Record<Named, string> =>
  except(usual, {
    'on-session in doubt, a charge since': 'refuse insufficient_funds; 2 declined',
    'on-session in doubt, do not try again': 'refuse card_declined; 2 declined; never again',
    'on-session in doubt, authentication failed': 'refuse authentication_refused; 2 authentication_required',
  })

const TABLE: Record<keyof Moves, Record<IntentStatus, Cells>> = {
  charge: {
    requires_payment_method: confirmOffSession,
    requires_confirmation: confirmOffSession,
    requires_capture: confirmOffSession,
    requires_action: 'ask cardholder',
    processing: 'look again',
    succeeded: paid,
    canceled: 'refuse card_declined',
  },
  settle: {
    requires_payment_method: settled,
    requires_confirmation: settled,
    requires_capture: settled,
    requires_action: 'ask cardholder',
    processing: 'look again',
    succeeded: paid,
    canceled: 'refuse card_declined',
  },
  look: {
    requires_payment_method: visited('keep waiting'),
    requires_confirmation: 'keep waiting',
    requires_capture: 'keep waiting',
    requires_action: 'keep waiting',
    processing: 'keep waiting',
    succeeded: paid,
    canceled: 'refuse card_declined',
  },
  close: {
    requires_payment_method: visited('cancel wait_expired'),
    requires_confirmation: 'cancel wait_expired',
    requires_capture: 'cancel wait_expired',
    requires_action: 'cancel wait_expired',
    processing: 'cancel wait_expired',
    succeeded: paid,
    canceled: 'refuse wait_expired',
  },
  withdraw: {
    requires_payment_method: visited('cancel'),
    requires_confirmation: 'cancel',
    requires_capture: 'cancel',
    requires_action: 'cancel',
    processing: 'keep waiting',
    succeeded: 'leave to undo',
    canceled: 'leave to undo',
  },
  visit: {
    requires_payment_method: confirmOnSession,
    requires_confirmation: confirmOnSession,
    requires_capture: confirmOnSession,
    requires_action: { ...confirmOnSession, 'on-session in doubt, with a page': 'open page' },
    processing: 'nothing to confirm',
    succeeded: 'nothing to confirm',
    canceled: 'nothing to confirm',
  },
  undo: {
    requires_payment_method: 'cancel',
    requires_confirmation: 'cancel',
    requires_capture: 'cancel',
    requires_action: 'cancel',
    processing: 'look again',
    succeeded: 'refund',
    canceled: 'record cancelled',
  },
}

const ROWS = Object.entries(TABLE).flatMap(([purpose, statuses]) =>
  Object.entries(statuses).flatMap(([status, cells]) =>
    Object.entries(SITUATIONS).map(([name, { intent, ...charge }]) => ({
      purpose: purpose as keyof Moves,
      status: status as IntentStatus,
      name,
      charge,
      intent,
      expected: typeof cells === 'string' ? cells : cells[name as Named],
    })),
  ),
)

describe('the next move of a charge', () => {
  test.for(ROWS)(
    'the next move of $purpose for a payment with $status and $name is: $expected',
    ({ purpose, charge, intent, status, expected }) => {
      expect(inWords(nextMove(purpose, charge, { ...intent, status }))).toBe(expected)
    },
  )

  test('the next move keeps the decline code of an attempt, or its error code when the bank gave no decline code', () => {
    const { intent, ...charge } = SITUATIONS['on-session in doubt, do not try again']
    const seen = { ...intent, status: 'requires_payment_method' } as const
    expect(nextMove('look', charge, seen)).toMatchObject({
      ends: { n: 2, outcome: 'declined', declineCode: 'generic', adviceCode: 'do_not_try_again' },
    })
    const bare = { ...seen, lastError: { code: 'expired_card' } }
    expect(nextMove('look', charge, bare)).toMatchObject({
      refusal: { code: 'card_expired' },
      ends: { declineCode: 'expired_card' },
    })
  })
})
