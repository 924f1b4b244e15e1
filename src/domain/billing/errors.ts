import { DomainError } from '#kernel/errors'
import type { PaymentMethodId } from '#kernel/ids'

const ADD_A_CARD = 'Add another card by start_add_payment_method, then buy again with a new idempotency_key.'

export class PaymentMethodNotFound extends DomainError {
  constructor() {
    super(
      'not_found',
      'payment_method_not_found',
      'The org has no such saved card.',
      'Call list_payment_methods, or leave payment_method out to use the default card.',
      'payment_method',
    )
  }
}

export class PaymentMethodRefused extends DomainError {
  constructor(id: PaymentMethodId) {
    super(
      'refused',
      'payment_method_refused',
      `The bank has told us not to charge the card ${id} again.`,
      'Call list_payment_methods for another one, or start_add_payment_method.',
      'payment_method',
    )
  }
}

/** What a bank says of a card that it will not charge; nothing was taken. */
export class CardDeclined extends DomainError {
  constructor(code: keyof typeof DECLINED = 'card_declined') {
    super('refused', code, `${DECLINED[code]}; nothing was charged.`, ADD_A_CARD)
  }
}

const DECLINED = {
  card_declined: 'The card was declined',
  insufficient_funds: 'The account of the card has not enough money',
  card_expired: 'The card has expired',
  card_check_failed: 'The security code of the card was wrong',
}

/** Why a card was declined, in our codes. Lost and stolen are nobody's business but the bank's. */
export const declinedBecause = (declineCode: string | undefined): CardDeclined =>
  new CardDeclined(OUR_CODES[declineCode ?? ''])

const OUR_CODES: Record<string, keyof typeof DECLINED> = {
  insufficient_funds: 'insufficient_funds',
  expired_card: 'card_expired',
  incorrect_cvc: 'card_check_failed',
}

/** Whether the bank wants this card never to be tried again. */
export const isFinal = (decline: { declineCode?: string | undefined; adviceCode?: string | undefined }) =>
  decline.adviceCode === 'do_not_try_again' ||
  ['lost_card', 'stolen_card', 'pickup_card'].includes(decline.declineCode ?? '')

export class AuthenticationRefused extends DomainError {
  constructor() {
    super(
      'refused',
      'authentication_refused',
      'The payment was not confirmed at the bank; nothing was charged.',
      'Buy again with a new idempotency_key and confirm the payment, or use another card.',
    )
  }
}

export class AuthenticationExpired extends DomainError {
  constructor() {
    super(
      'refused',
      'wait_expired',
      'Nobody confirmed the payment at the bank within 24 hours; nothing was charged.',
      'Buy again with a new idempotency_key and confirm the payment, or use another card.',
    )
  }
}

export class PaymentCannotBeConfirmed extends DomainError {
  constructor() {
    super(
      'refused',
      'payment_cannot_be_confirmed',
      'This payment cannot be confirmed any more; nothing was charged for it. Its card was removed, or is refused.',
      'Ask your assistant to cancel it and to buy again with another card.',
    )
  }
}

/** Nobody knows what came of a request to the payment provider; asked again, it goes on where it was. */
export class PaymentProviderAway extends DomainError {
  constructor(cause: unknown) {
    super(
      'unavailable',
      'payment_provider_away',
      'The payment provider gave no answer; nothing is lost.',
      'Try again in a minute.',
    )
    this.cause = cause
  }
}
