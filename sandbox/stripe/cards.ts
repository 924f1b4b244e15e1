/** How a test card behaves: https://docs.stripe.com/testing */
export interface CardBehaviour {
  last4: string
  /** When it is saved; `wants_authentication` is for a browser. */
  save: 'works' | Decline
  /** When it is charged off-session. */
  charge: 'works' | 'wants_authentication' | Decline
}
export interface Decline {
  code: string
  decline_code: string
  advice_code: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data'
}

const declined = (
  decline_code: string,
  advice_code: Decline['advice_code'] = 'try_again_later',
  code = 'card_declined',
): Decline => ({ code, decline_code, advice_code })

export const GENERIC_DECLINE = declined('generic_decline')

const refusedWhenSaved = (last4: string, save: Decline): CardBehaviour => ({ last4, save, charge: save })

/** By the magic id that stands for a card number nobody has to type. */
export const MAGIC_CARDS: Record<string, CardBehaviour> = {
  pm_card_visa: { last4: '4242', save: 'works', charge: 'works' },
  pm_card_chargeCustomerFail: { last4: '0341', save: 'works', charge: GENERIC_DECLINE },
  pm_card_authenticationRequiredOnSetup: { last4: '3155', save: 'works', charge: 'works' },
  pm_card_authenticationRequired: { last4: '3184', save: 'works', charge: 'wants_authentication' },
  pm_card_visa_chargeDeclined: refusedWhenSaved('0002', GENERIC_DECLINE),
  pm_card_visa_chargeDeclinedInsufficientFunds: refusedWhenSaved('9995', declined('insufficient_funds')),
  pm_card_visa_chargeDeclinedLostCard: refusedWhenSaved('9987', declined('lost_card', 'do_not_try_again')),
  pm_card_visa_chargeDeclinedStolenCard: refusedWhenSaved(
    '9979',
    declined('stolen_card', 'do_not_try_again'),
  ),
  pm_card_chargeDeclinedExpiredCard: refusedWhenSaved(
    '0069',
    declined('expired_card', 'do_not_try_again', 'expired_card'),
  ),
  pm_card_chargeDeclinedIncorrectCvc: refusedWhenSaved(
    '0127',
    declined('incorrect_cvc', 'confirm_card_data', 'incorrect_cvc'),
  ),
  pm_card_chargeDeclinedProcessingError: refusedWhenSaved(
    '0119',
    declined('processing_error', 'try_again_later', 'processing_error'),
  ),
}
