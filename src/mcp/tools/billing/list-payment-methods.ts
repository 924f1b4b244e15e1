import { z } from 'zod'
import { listPaymentMethods } from '#domain/billing'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../tool.ts'

export default defineTool({
  name: 'list_payment_methods',
  title: 'List payment methods',
  description: `
    Lists an org's saved cards, the default one first. A refused card is not charged again. Next:
    purchase_and_install_package with payment_method, or start_add_payment_method.`,
  scope: ['read', 'buy'],
  deed: 'buy',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument }),
  output: z.looseObject({
    org: z.string(),
    items: z.array(
      z.looseObject({
        id: z.string(),
        brand: z.string(),
        last4: z.string(),
        expires: z.string().describe('Month and year, such as 2034-12'),
        is_default: z.boolean(),
        is_refused: z.boolean(),
      }),
    ),
  }),

  async run(_, { db, org }) {
    const cards = await listPaymentMethods(db, org.id)
    return {
      org: org.slug,
      items: cards.map((card) => ({
        id: card.id,
        brand: card.brand,
        last4: card.last4,
        expires: `${card.expYear}-${String(card.expMonth).padStart(2, '0')}`,
        is_default: card.isDefault,
        is_refused: card.isRefused,
      })),
    }
  },
})
