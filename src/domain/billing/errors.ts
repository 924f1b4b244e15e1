import { CodedError } from '#kernel/errors'
import type { PaymentMethodId } from '#kernel/ids'

export class PaymentMethodNotFound extends CodedError<'payment_method_not_found'> {
  constructor() {
    super('not_found', 'payment_method_not_found', 'The org has no such saved card.', {
      field: 'payment_method',
    })
  }
}

export class PaymentMethodRefused extends CodedError<'payment_method_refused'> {
  constructor(id: PaymentMethodId) {
    super('refused', 'payment_method_refused', `The bank has told us not to charge the card ${id} again.`, {
      field: 'payment_method',
    })
  }
}

/** The bank declined the card. Nothing was charged. */
export class CardDeclined extends CodedError<keyof typeof DECLINED> {
  constructor(code: keyof typeof DECLINED = 'card_declined') {
    super('refused', code, `${DECLINED[code]}; nothing was charged.`)
  }
}

const DECLINED = {
  card_declined: 'The card was declined',
  insufficient_funds: 'The account of the card does not have enough money',
  card_expired: 'The card has expired',
  card_check_failed: 'The security code of the card was wrong',
}

/**
 * The refusal for a decline code. A lost or stolen card gets the general code, because only the bank may inform the
 * cardholder about it.
 */
export const declinedBecause = (declineCode: string | undefined): CardDeclined =>
  new CardDeclined(OUR_CODES[declineCode ?? ''])

const OUR_CODES: Record<string, keyof typeof DECLINED> = {
  insufficient_funds: 'insufficient_funds',
  expired_card: 'card_expired',
  incorrect_cvc: 'card_check_failed',
}

/** Whether the bank asks us never to charge this card again. */
export const isFinal = (decline: { declineCode?: string | undefined; adviceCode?: string | undefined }) =>
  decline.adviceCode === 'do_not_try_again' ||
  ['lost_card', 'stolen_card', 'pickup_card'].includes(decline.declineCode ?? '')

/** The provider refused our request as invalid, so an operator has to look at it. */
export class PaymentRefused extends CodedError<'payment_refused'> {
  constructor() {
    const fact = 'The payment provider refused the request as we sent it; nothing was charged.'
    super('refused', 'payment_refused', fact)
  }
}

export class AuthenticationRefused extends CodedError<'authentication_refused'> {
  constructor() {
    const fact = 'The payment was not confirmed at the bank; nothing was charged.'
    super('refused', 'authentication_refused', fact)
  }
}

export class AuthenticationExpired extends CodedError<'wait_expired'> {
  constructor() {
    const fact = 'Nobody confirmed the payment at the bank within 24 hours; nothing was charged.'
    super('refused', 'wait_expired', fact, { params: { waited_for: 'confirmation' } })
  }
}

export class PaymentCannotBeConfirmed extends CodedError<'payment_cannot_be_confirmed'> {
  constructor() {
    const fact =
      'This payment cannot be confirmed any more; nothing was charged for it. Its card was removed, or is refused.'
    super('refused', 'payment_cannot_be_confirmed', fact)
  }
}

/** Each change mails the owners and admins. */
export class TooManyReceiptAddresses extends CodedError<'too_many_receipt_addresses'> {
  constructor(seconds: number) {
    const fact =
      'Assistants have changed the address for receipts three times within an hour, which is the limit.'
    super('rate_limited', 'too_many_receipt_addresses', fact, {
      field: 'email',
      retryAfterMs: seconds * 1000,
    })
  }
}

/** The outcome of a request to the provider is unknown. The same request can be sent again. */
export class PaymentProviderAway extends CodedError<'payment_provider_away'> {
  constructor(cause: unknown) {
    super('unavailable', 'payment_provider_away', 'The payment provider gave no answer; nothing is lost.')
    this.cause = cause
  }
}
