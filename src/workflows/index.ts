export { checkoutCart } from './checkout-cart.ts'
export { purchaseAndInstallPackage } from './purchase-and-install-package.ts'
export { startAddPaymentMethod } from './start-add-payment-method.ts'
export { startGitIntegration } from './start-git-integration.ts'
