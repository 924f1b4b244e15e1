import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { InvoiceDiffers } from './errors.ts'
export type { InvoicedLine } from './invoice.ts'
export {
  findInvoice,
  type Invoice,
  type ListedInvoice,
  listInvoices,
  type MonthlySpend,
  orgOfInvoice,
  spendPerMonth,
} from './invoice-reads.ts'
export { issueInvoice, mailReceipt } from './issue-invoice.ts'
export { LAST_SERIES, startInvoiceSeries } from './start-series.ts'
export { plainDay, taxText, termText } from './words.ts'

/** The codes of all refusals of `invoices`. */
export type InvoicesCode = CodesIn<typeof refusals>
