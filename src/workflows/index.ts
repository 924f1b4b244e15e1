export { checkoutCart } from './checkout-cart/workflow.ts'
export { purchaseAndInstallPackage } from './purchase-and-install-package/workflow.ts'
export { startAddPaymentMethod } from './start-add-payment-method/workflow.ts'
