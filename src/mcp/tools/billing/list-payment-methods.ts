import { z } from 'zod'
import { listPaymentMethods } from '#domain/billing'
import { orgArgument } from '#kernel/schemas'
import { inMemory, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const cardRow = z.looseObject({
  id: z.string(),
  brand: z.string(),
  last4: z.string(),
  is_default: z.boolean(),
  is_refused: z.boolean(),
  expires: detail(z.string().describe('Month and year, such as 2034-12')),
  added_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_payment_methods',
  title: 'List payment methods',
  description: `
    Lists an org's saved cards, the default one first. A refused card is not charged again. Next:
    purchase_and_install_package with payment_method, or start_add_payment_method.`,
  scope: ['read', 'buy'],
  permission: 'buy',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(cardRow),

  async run(args, { db, org, cursors }) {
    const cards = await listPaymentMethods(db, org.id)
    const listed = await pageOf(
      { cursors },
      {
        row: cardRow,
        place: { tool: 'list_payment_methods', owner: org.id },
        page: args,
        ...inMemory(cards),
        show: (card) => ({
          id: card.id,
          brand: card.brand,
          last4: card.last4,
          is_default: card.isDefault,
          is_refused: card.isRefused,
          expires: `${card.expYear}-${String(card.expMonth).padStart(2, '0')}`,
          added_at: card.createdAt.toISOString(),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
