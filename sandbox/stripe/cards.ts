/** How a test card behaves: https://docs.stripe.com/testing */
export interface CardBehaviour {
  last4: string
  /** When somebody types it into a page. A card that is saved by its magic id needs no authentication. */
  save: 'works' | 'wants_authentication' | Decline
  /** When it is charged. `processing`: the outcome comes later. */
  charge: 'works' | 'wants_authentication' | 'processing' | Decline
  /** When it is charged after its holder has agreed. Absent: the charge works. */
  afterAuthentication?: 'processing' | Decline | undefined
  /** When a charge of it is refunded. `fails`: the refund succeeds, and fails later. Absent: the refund works. */
  refund?: 'pending' | 'fails' | undefined
}
export interface Decline {
  code: string
  decline_code: string
  advice_code: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data'
}
export interface TestCard extends CardBehaviour {
  number: string
  /** Replaces the number in calls of the API. */
  magicId: string
  /** A description for the person who chooses a card. */
  does: string
}

const declined = (
  decline_code: string,
  advice_code: Decline['advice_code'] = 'try_again_later',
  code = 'card_declined',
): Decline => ({ code, decline_code, advice_code })

export const GENERIC_DECLINE = declined('generic_decline')
const NO_FUNDS = declined('insufficient_funds')

const card = (
  number: string,
  magicId: string,
  does: string,
  { save = 'works', charge = 'works', afterAuthentication, refund }: Partial<CardBehaviour> = {},
): TestCard => ({ number, magicId, does, last4: number.slice(-4), save, charge, afterAuthentication, refund })

const refusedWhenSaved = (number: string, magicId: string, why: string, decline: Decline) =>
  card(number, magicId, `refused when saved: ${why}`, { save: decline, charge: decline })

const asksAlways = { save: 'wants_authentication', charge: 'wants_authentication' } as const
const final = 'do_not_try_again'

export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'pm_card_visa', 'always works'),
  card(
    '4000002500003155',
    'pm_card_authenticationRequiredOnSetup',
    'its bank asks when it is saved, then it works',
    { save: 'wants_authentication' },
  ),
  card('4000002760003184', 'pm_card_authenticationRequired', 'its bank asks each time', asksAlways),
  card(
    '4000008260003178',
    'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    'its bank asks each time, then there is no money',
    { ...asksAlways, afterAuthentication: NO_FUNDS },
  ),
  card('4000000000000341', 'pm_card_chargeCustomerFail', 'can be saved, every charge is declined', {
    charge: GENERIC_DECLINE,
  }),
  card('4000000000007726', 'pm_card_pendingRefund', 'works; a refund is pending, and succeeds later', {
    refund: 'pending',
  }),
  card('4000000000005126', 'pm_card_refundFail', 'works; a refund succeeds, and fails later', {
    refund: 'fails',
  }),
  refusedWhenSaved('4000000000000002', 'pm_card_visa_chargeDeclined', 'declined', GENERIC_DECLINE),
  refusedWhenSaved(
    '4000000000009995',
    'pm_card_visa_chargeDeclinedInsufficientFunds',
    'no money left',
    NO_FUNDS,
  ),
  refusedWhenSaved(
    '4000000000009987',
    'pm_card_visa_chargeDeclinedLostCard',
    'lost',
    declined('lost_card', final),
  ),
  refusedWhenSaved(
    '4000000000009979',
    'pm_card_visa_chargeDeclinedStolenCard',
    'stolen',
    declined('stolen_card', final),
  ),
  refusedWhenSaved(
    '4000000000000069',
    'pm_card_chargeDeclinedExpiredCard',
    'expired',
    declined('expired_card', final, 'expired_card'),
  ),
  refusedWhenSaved(
    '4000000000000127',
    'pm_card_chargeDeclinedIncorrectCvc',
    'wrong security code',
    declined('incorrect_cvc', 'confirm_card_data', 'incorrect_cvc'),
  ),
  refusedWhenSaved(
    '4000000000000119',
    'pm_card_chargeDeclinedProcessingError',
    'processing error',
    declined('processing_error', 'try_again_later', 'processing_error'),
  ),
]

const SENTENCES: Record<string, string> = {
  authentication_required: 'Your card was declined: its bank wants to ask you first.',
  expired_card: 'Your card has expired.',
  incorrect_cvc: 'Your card’s security code is incorrect.',
  insufficient_funds: 'Your card has insufficient funds.',
  processing_error: 'Your card could not be processed just now. Try again in a little while.',
}

/** Returns the text for a cardholder. It does not say that a card is lost or stolen, because a thief may read it. */
export const sentenceOf = ({ decline_code }: Pick<Decline, 'decline_code'>): string =>
  SENTENCES[decline_code] ?? 'Your card was declined.'
