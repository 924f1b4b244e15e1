import { CodedError } from '#kernel/errors'
import type { InvoiceId } from '#kernel/ids'

export class InvoiceNotFound extends CodedError<'invoice_not_found'> {
  constructor() {
    super('not_found', 'invoice_not_found', 'The org has no such invoice.', { field: 'invoice' })
  }
}

/** What is stored is not what was issued. */
export class InvoiceDiffers extends CodedError<'invoice_differs'> {
  constructor(invoice: InvoiceId) {
    const fact =
      'What is stored of this invoice is not what was issued, so it is not shown. An operator was informed.'
    super('internal', 'invoice_differs', fact, { params: { invoice } })
  }
}
