import { CodedError } from '#kernel/errors'
import type { InvoiceId } from '#kernel/ids'

export class InvoiceNotFound extends CodedError<'invoice_not_found'> {
  constructor() {
    super('not_found', 'invoice_not_found', 'The org has no such invoice.', { field: 'invoice' })
  }
}

/** The stored invoice differs from the issued one. */
export class InvoiceDiffers extends CodedError<'invoice_differs'> {
  constructor(invoice: InvoiceId) {
    const fact =
      'The stored invoice differs from the issued one, so it is not shown. An operator was informed.'
    super('internal', 'invoice_differs', fact, { params: { invoice } })
  }
}
