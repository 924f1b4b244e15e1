import type { z } from 'zod'
import type { bootstrapVendor, StartedVendor } from './bootstrap-vendor.ts'
import type { checkoutCart } from './checkout-cart.ts'
import type { purchaseAndInstallPackage } from './purchase-and-install-package.ts'
import type { Publication, publishPackage } from './publish-package.ts'
import type { PurchaseOutcome } from './purchase.ts'
import type { SyncedPackage, syncPackage } from './sync-package.ts'
import type { ConnectedAccount, startGitIntegration } from './start-git-integration.ts'
import type { AddedCard, startAddPaymentMethod } from './start-add-payment-method.ts'

/** The stories by name. A story has the name of the tool that starts it. */
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
  start_git_integration: {
    input: z.output<typeof startGitIntegration.input>
    outcome: { integrations: ConnectedAccount[] }
  }
  publish_package: {
    input: z.output<typeof publishPackage.input>
    outcome: { repositories: Publication[] }
  }
  bootstrap_vendor: { input: z.output<typeof bootstrapVendor.input>; outcome: StartedVendor }
  sync_package: { input: z.output<typeof syncPackage.input>; outcome: SyncedPackage }
}

/** The name of a story with the input that started it. */
export type StartedStory = {
  [Name in keyof Stories]: { story: Name; input: Stories[Name]['input'] }
}[keyof Stories]

/** The result of any story. */
export type StoryOutcome = Stories[keyof Stories]['outcome']
