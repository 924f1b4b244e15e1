import type { LicenceId, OrderId, OrgId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Seller } from '#kernel/seller'
import type { PriceModel } from '../../platform/tables.ts'

/**
 * Everything that an invoice says, as it was when it was issued. It is stored with the invoice and never changes. Amounts
 * are in minor units of the invoice's currency, times are ISO texts in UTC.
 */
export interface InvoiceDocument {
  /** What the columns of the row say, too. The first invoices have none. */
  issued?: InvoiceIssue
  seller: Seller
  buyer: InvoicedBuyer
  order: OrderId
  /** When the licences were delivered. */
  suppliedAt: string
  /** One for each vendor, in the order of the order. */
  lines: InvoicedLine[]
  tax: InvoicedTax
}

/** `year` and `n` make the number, `total` is in minor units. */
export interface InvoiceIssue {
  org: OrgId
  year: number
  n: number
  at: string
  total: number
  currency: string
}

export interface InvoicedBuyer {
  /** The legal name, or the name of the org when it had stated none. */
  name: string
  /** Lines, with the country. Empty when the org had stated none. */
  address: string[]
  vatId?: string
}

export interface InvoicedLine {
  /** Name of the vendor. */
  vendor: string
  amount: number
  items: InvoicedItem[]
  /** The card that was charged. Absent for a free line. */
  card?: { brand: string; last4: string }
}

export interface InvoicedItem {
  package: string
  edition: Edition
  model: PriceModel
  licence?: LicenceId
  isRenewal: boolean
  amount: number
  /** Edition, kind and term in words. The first invoices have none. */
  text?: string
  /** The paid year of a yearly licence. */
  term?: { from: string; until: string }
}

/** `none`: this market calculates no tax, and the invoice says so. Later adapters add their kinds. */
export interface InvoicedTax {
  kind: 'none'
  amount: 0
  /** Its sentence. The first invoices have none. */
  text?: string
}
