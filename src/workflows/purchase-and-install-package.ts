import { buyAndDeliver } from './buying.ts'
import { operation } from './operation.ts'

/** Buys the packages that the caller names. */
export const purchaseAndInstallPackage = operation(buyAndDeliver)
