import type { Attempt, AttemptOutcome, Charge, IntentSeen } from '#domain/billing'

const attempt = (n: number, outcome?: AttemptOutcome, more: Partial<Attempt> = {}): Attempt => ({
  n,
  onSession: false,
  latestChargeBefore: 'ch_1',
  outcome,
  declineCode: undefined,
  ...more,
})

interface Situation extends Pick<Charge, 'attempts' | 'isCardRefused' | 'isCardRemoved'> {
  intent: Omit<IntentSeen, 'status'>
}
const unchanged = { latestCharge: 'ch_1', lastError: undefined, bankPage: undefined }
const situation = (attempts: Attempt[], more: Partial<Situation> = {}): Situation => ({
  attempts,
  isCardRefused: false,
  isCardRemoved: false,
  intent: { ...unchanged },
  ...more,
})

const offInDoubt = [attempt(1, 'nothing_happened'), attempt(2)]
const onInDoubt = [attempt(1, 'authentication_required'), attempt(2, undefined, { onSession: true })]
const moved = (declineCode: string, adviceCode?: string) => ({
  intent: {
    ...unchanged,
    latestCharge: 'ch_2',
    lastError: { code: 'card_declined', declineCode, adviceCode },
  },
})
const failed = { ...unchanged, lastError: { code: 'payment_intent_authentication_failure' } }
const wanted = { ...unchanged, lastError: { code: 'authentication_required' } }
const removed = { isCardRemoved: true }

/** Every state of the attempts, with what the provider reports about the last one. */
export const SITUATIONS = {
  'no attempt': situation([]),
  'no attempt, card refused': situation([], { isCardRefused: true }),
  'off-session in doubt': situation(offInDoubt),
  'off-session in doubt, card refused': situation(offInDoubt, { isCardRefused: true }),
  'off-session in doubt, a charge since': situation(offInDoubt, moved('insufficient_funds')),
  'off-session in doubt, lost card since': situation(offInDoubt, moved('lost_card')),
  'on-session in doubt': situation(onInDoubt),
  'on-session in doubt, a charge since': situation(onInDoubt, moved('insufficient_funds')),
  'on-session in doubt, do not try again': situation(onInDoubt, moved('generic', 'do_not_try_again')),
  'on-session in doubt, authentication failed': situation(onInDoubt, { intent: failed }),
  'off-session in doubt, authentication failed': situation(offInDoubt, { intent: failed }),
  'off-session in doubt, authentication required since': situation(offInDoubt, {
    intent: { ...wanted, latestCharge: 'ch_2' },
  }),
  'off-session in doubt, authentication required without a charge': situation(offInDoubt, { intent: wanted }),
  'on-session in doubt, authentication was required': situation(onInDoubt, { intent: wanted }),
  'on-session in doubt, with a page': situation(onInDoubt, {
    intent: { ...unchanged, bankPage: 'https://bank' },
  }),
  'no attempt, card removed': situation([], removed),
  'off-session in doubt, card removed': situation(offInDoubt, removed),
  'off-session in doubt, card removed, a charge since': situation(offInDoubt, {
    ...removed,
    ...moved('insufficient_funds'),
  }),
  'on-session in doubt, card removed': situation(onInDoubt, removed),
  declined: situation([attempt(1, 'declined', { declineCode: 'expired_card' })]),
  'on-session declined': situation([attempt(1, 'declined', { onSession: true })]),
  'authentication required': situation([attempt(1, 'authentication_required')]),
  'nothing happened': situation([attempt(1, 'nothing_happened')]),
  'on-session, nothing happened': situation([
    attempt(1, 'authentication_required'),
    attempt(2, 'nothing_happened', { onSession: true }),
  ]),
  'nothing happened, card refused': situation([attempt(1, 'nothing_happened')], { isCardRefused: true }),
  succeeded: situation([attempt(1, 'succeeded')]),
}
