import { z } from 'zod'
import { findInvoice, type InvoicedLine, taxText } from '#domain/invoices'
import { edition, money, orgArgument, shownMoney } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { briefly, detail, responseFormat } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'
import { invoiceRow, shownInvoice } from './invoice-view.ts'

export default defineTool({
  kind: 'read',
  name: 'get_invoice',
  title: 'Get an invoice',
  description: `
    Shows one invoice as it was issued: lines, tax, total and the page of its PDF, which asks to sign in; detailed:
    seller, buyer and cards. To correct the buyer of later invoices, the user opens /account/billing.`,
  scope: 'read',
  permission: 'see_orders',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    invoice: z.string().min(1).max(64).describe('Number, such as 2026-000123, or id of its order'),
    response_format: responseFormat,
  }),
  output: invoiceRow.extend({
    org: z.string(),
    pdf_url: z.url(),
    supplied_at: detail(z.string()),
    seller: detail(party()),
    buyer: detail(party()),
    lines: z.array(
      z.looseObject({
        vendor: detail(z.string()),
        total: briefly(money),
        card: detail(z.string()),
        items: z.array(
          z.looseObject({
            package: z.string(),
            edition: detail(edition),
            model: z.enum(['free', 'one_time', 'yearly']),
            price: briefly(money),
            renewal: z.literal(true).optional(),
            licence: detail(z.string()),
            from: z.string().optional(),
            until: z.string().optional(),
          }),
        ),
      }),
    ),
    net: detail(briefly(money)),
    tax: briefly(money),
    tax_note: z.string(),
  }),

  async run({ invoice: ref }, { db, org, at, publicUrl }) {
    const invoice = await findInvoice(db, { org: org.id, ref, at })
    const { document, total } = invoice
    const { seller, buyer, suppliedAt, lines, tax } = document
    const { currency } = total
    const shown = (amountMinor: number) => shownMoney({ amountMinor, currency })
    return {
      org: org.slug,
      ...shownInvoice(publicUrl)(invoice),
      supplied_at: suppliedAt,
      seller: shownParty(seller),
      buyer: shownParty(buyer),
      lines: lines.map((line) => shownLine(line, shown)),
      net: shown(total.amountMinor - tax.amount),
      tax: shown(tax.amount),
      tax_note: taxText(tax),
    }
  },
})

function party() {
  return z.looseObject({ name: z.string(), address: z.array(z.string()), vat_id: z.string().optional() })
}

const shownParty = ({
  name,
  address,
  vatId,
}: {
  name: string
  address: readonly string[]
  vatId?: string | undefined
}) => ({
  name: foreignName(name),
  address: address.map(foreignName),
  ...(vatId && { vat_id: vatId }),
})

const shownLine = (
  { vendor, amount, card, items }: InvoicedLine,
  shown: (amountMinor: number) => ReturnType<typeof shownMoney>,
) => ({
  vendor: foreignName(vendor),
  total: shown(amount),
  ...(card && { card: `${card.brand} ${card.last4}` }),
  items: items.map(({ package: name, edition, model, amount: price, isRenewal, licence, term }) => ({
    package: name,
    edition,
    model,
    price: shown(price),
    ...(isRenewal && { renewal: true as const }),
    ...(licence && { licence }),
    ...term,
  })),
})
