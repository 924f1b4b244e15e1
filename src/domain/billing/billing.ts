import { type CardChange, makeCardDefault, removeCard } from './change-cards.ts'
import { PaymentProviderAway } from './errors.ts'
import { type BankPage, openBankPage } from './open-bank-page.ts'
import { type CardPage, openCardPage } from './open-card-page.ts'
import type { BillingOptions } from './payment-provider.ts'

/** What a person can do about payments at a door. The door has to check the permission. */
export interface Billing {
  /**
   * Returns the URL of the bank's page where the cardholder confirms the current payment of an operation. Returns
   * undefined when there is nothing to confirm. The URL is the same until the cardholder answers. Refuses
   * what `recheckPurchase` refuses, `payment_cannot_be_confirmed`, and `payment_provider_away` when the provider did not
   * answer.
   */
  openBankPage: (wanted: BankPage) => Promise<string | undefined>
  /** Returns the URL of a new page of the provider that saves a card for the org. Refuses `payment_provider_away`. */
  openCardPage: (wanted: CardPage) => Promise<string>
  /** From now on purchases charge this card unless they name another. Refuses what `findPaymentMethod` refuses. */
  makeCardDefault: (change: CardChange) => Promise<void>
  /** The card is never charged again, even if the provider cannot be reached. Refuses `payment_method_not_found`. */
  removeCard: (change: CardChange) => Promise<void>
}

export function billingOn(options: BillingOptions): Billing {
  const { isUnknown } = options.payments
  const orProviderAway = <T>(page: Promise<T>): Promise<T> =>
    page.catch((error: unknown) => {
      throw isUnknown(error) ? new PaymentProviderAway(error) : error
    })
  return {
    openBankPage: (wanted) => orProviderAway(openBankPage(options, wanted)),
    openCardPage: (wanted) => orProviderAway(openCardPage(options, wanted)),
    makeCardDefault: (change) => makeCardDefault(options.db, change),
    removeCard: (change) => removeCard(options, change),
  }
}
