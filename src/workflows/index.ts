export { purchaseAndInstallPackage } from './purchase-and-install-package/workflow.ts'
