import { type CardChange, makeCardDefault, removeCard } from './change-cards.ts'
import { PaymentProviderAway } from './errors.ts'
import { type BankPage, openBankPage } from './open-bank-page.ts'
import { type CardPage, openCardPage } from './open-card-page.ts'
import type { BillingOptions } from './payment-provider.ts'

/** What a person at a door may do about paying. Who may do it is the door's question. */
export interface Billing {
  /**
   * The bank's page where the cardholder confirms what an operation charges now; nothing when there is nothing to
   * confirm. Its page is the same until the cardholder answers. Refuses `payment_cannot_be_confirmed`, and
   * `payment_provider_away` when the provider gave no answer.
   */
  openBankPage: (wanted: BankPage) => Promise<string | undefined>
  /** A new page of the provider where somebody saves a card for the org. Refuses `payment_provider_away`. */
  openCardPage: (wanted: CardPage) => Promise<string>
  /** From now on it is charged unless a purchase names another one. Refuses as `findPaymentMethod`. */
  makeCardDefault: (change: CardChange) => Promise<void>
  /** Never charged again from now on, also when the provider cannot be told. Refuses `payment_method_not_found`. */
  removeCard: (change: CardChange) => Promise<void>
}

export function billingOn(options: BillingOptions): Billing {
  const { isUnknown } = options.payments
  const orAway = <T>(page: Promise<T>): Promise<T> =>
    page.catch((error: unknown) => {
      throw isUnknown(error) ? new PaymentProviderAway(error) : error
    })
  return {
    openBankPage: (wanted) => orAway(openBankPage(options, wanted)),
    openCardPage: (wanted) => orAway(openCardPage(options, wanted)),
    makeCardDefault: (change) => makeCardDefault(options.db, change),
    removeCard: (change) => removeCard(options, change),
  }
}
