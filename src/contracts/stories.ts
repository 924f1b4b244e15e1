import type { z } from 'zod'
import type { checkoutCart } from './checkout-cart.ts'
import type { purchaseAndInstallPackage } from './purchase-and-install-package.ts'
import type { PurchaseOutcome } from './purchase.ts'
import type { AddedCard, startAddPaymentMethod } from './start-add-payment-method.ts'

/** The stories by name, which is the name of the tool that starts each. */
interface Stories {
  purchase_and_install_package: {
    input: z.output<typeof purchaseAndInstallPackage.input>
    outcome: PurchaseOutcome
  }
  checkout_cart: { input: z.output<typeof checkoutCart.input>; outcome: PurchaseOutcome }
  start_add_payment_method: {
    input: z.output<typeof startAddPaymentMethod.input>
    outcome: { payment_method: AddedCard }
  }
}

/** A story with the input it was started with. */
export type StartedStory = {
  [Name in keyof Stories]: { story: Name; input: Stories[Name]['input'] }
}[keyof Stories]

/** What some story comes to. */
export type StoryOutcome = Stories[keyof Stories]['outcome']
