import { CodedError } from '#kernel/errors'

export class InvoiceNotFound extends CodedError<'invoice_not_found'> {
  constructor() {
    super('not_found', 'invoice_not_found', 'The org has no such invoice.', { field: 'invoice' })
  }
}
