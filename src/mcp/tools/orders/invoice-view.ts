import { z } from 'zod'
import type { ListedInvoice } from '#domain/invoices'
import { money, shownMoney } from '#kernel/schemas'
import { detail } from '../../call/shape.ts'

/** An invoice as a model sees it in a list. */
export const invoiceRow = z.looseObject({
  number: z.string(),
  order: z.string(),
  total: money,
  issued_at: z.string(),
  taken_back: z.literal(true).optional().describe('Its order was undone and paid back'),
  pdf_url: detail(z.url()),
})

export const shownInvoice =
  (publicUrl: string) =>
  ({ id, number, order, total, issuedAt, isTakenBack }: ListedInvoice) => ({
    number,
    order,
    total: shownMoney(total),
    issued_at: issuedAt.toISOString(),
    ...(isTakenBack && { taken_back: true as const }),
    pdf_url: `${publicUrl}/account/invoices/${id}.pdf`,
  })
