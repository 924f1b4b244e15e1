import { DomainError } from '#kernel/errors'

const ADD_A_CARD = 'Add another card in the customer area, then buy again with a new idempotency_key.'

export class NoPaymentMethod extends DomainError {
  constructor() {
    super('refused', 'no_payment_method', 'The org has no saved card to charge.', ADD_A_CARD)
  }
}

export class PaymentMethodNotFound extends DomainError {
  constructor(id: string) {
    super(
      'not_found',
      'payment_method_not_found',
      `The org has no saved card ${id}.`,
      "Leave payment_method out to use the org's default card.",
      'payment_method',
    )
  }
}

export class CardDeclined extends DomainError {
  constructor() {
    super('refused', 'card_declined', 'The card was declined; nothing was charged.', ADD_A_CARD)
  }
}

export class CardWantsAuthentication extends DomainError {
  constructor() {
    super(
      'refused',
      'authentication_required',
      'The bank wants the cardholder to confirm this payment; nothing was charged.',
      'Use a card that the bank charges without confirmation, with a new idempotency_key.',
    )
  }
}
