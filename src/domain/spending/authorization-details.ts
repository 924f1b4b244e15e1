import { z } from 'zod'
import { amountText, minorUnitsIn } from '#kernel/money'
import type { SpendingRules } from './rules.ts'

/** The type of authorization details (RFC 9396, section 2) with which a client asks for spending rules. */
export const SPENDING_DETAIL_TYPE = 'packagento_spending'

const amount = z.string().describe('In major units, such as 500 or 500.00')

const limit = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, 'has to be an ISO 4217 code, such as EUR'),
    per_purchase: amount,
    per_day: amount,
    per_month: amount,
  })
  .superRefine(({ currency, ...amounts }, context) => {
    for (const [field, text] of Object.entries(amounts))
      if (minorUnitsIn(text, currency) === undefined)
        context.addIssue({ code: 'custom', path: [field], message: `is no amount in ${currency}` })
  })

/**
 * The spending rules of a connection as an authorization detail (RFC 9396). Amounts are text, as in the RFC's
 * examples. A client may ask for them; the person decides.
 */
export const spendingDetail = z.strictObject({
  type: z.literal(SPENDING_DETAIL_TYPE),
  limits: z
    .array(limit)
    .min(1)
    .max(10)
    .refine(
      (limits) => new Set(limits.map(({ currency }) => currency)).size === limits.length,
      'has a currency twice',
    ),
  vendors: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, 'has to be the slug of a vendor'))
    .min(1)
    .max(50)
    .optional()
    .describe('Slugs; default: all vendors'),
  subscriptions: z.boolean().default(false).describe('Whether yearly licences may be bought'),
})

export type SpendingDetail = z.output<typeof spendingDetail>

export const rulesOfDetail = ({ limits, vendors, subscriptions }: SpendingDetail): SpendingRules => ({
  limits: limits.map(({ currency, per_purchase, per_day, per_month }) => ({
    currency,
    perPurchase: minorUnits(per_purchase, currency),
    perDay: minorUnits(per_day, currency),
    perMonth: minorUnits(per_month, currency),
  })),
  vendors: vendors ?? 'all',
  subscriptions,
})

function minorUnits(text: string, currency: string): number {
  const amountMinor = minorUnitsIn(text, currency)
  if (amountMinor === undefined) throw new RangeError(`${text} is no amount in ${currency}`)
  return amountMinor
}

export function detailOfRules({ limits, vendors, subscriptions }: SpendingRules): SpendingDetail {
  return {
    type: SPENDING_DETAIL_TYPE,
    limits: limits.map(({ currency, perPurchase, perDay, perMonth }) => ({
      currency,
      per_purchase: amountText({ amountMinor: perPurchase, currency }),
      per_day: amountText({ amountMinor: perDay, currency }),
      per_month: amountText({ amountMinor: perMonth, currency }),
    })),
    ...(vendors !== 'all' && { vendors: [...vendors] }),
    subscriptions,
  }
}
