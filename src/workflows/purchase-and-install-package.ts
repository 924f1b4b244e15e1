import { buyAndDeliver } from './buying.ts'
import { operation } from './operation.ts'
import { pinned } from './versioning.ts'

/** Buys the packages that the caller names. */
export const purchaseAndInstallPackage = pinned(operation(buyAndDeliver))
