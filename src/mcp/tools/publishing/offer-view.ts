import { z } from 'zod'
import { type Price, VISIBILITIES } from '#domain/catalogue'
import { OBSTACLES } from '#domain/offers'
import { edition, money } from '#kernel/schemas'

export const priceModel = z.enum(['free', 'one_time', 'yearly'])

export const revisionArgument = z
  .int()
  .min(0)
  .max(999_999_999)
  .optional()
  .describe('Of an earlier result; refused if changed since')

/** What a change of a package returns. */
export const offerOutput = z.looseObject({
  org: z.string(),
  package: z.string(),
  visibility: z.enum(VISIBILITIES),
  revision: z.int(),
  prices: z.array(z.looseObject({ edition, model: priceModel, price: money })),
  not_sold_because: z.array(z.enum(OBSTACLES)).optional().describe('Absent when it can be bought'),
  replayed: z.boolean().optional(),
})

type GivenPrice = Pick<Price, 'edition' | 'model'> & {
  amount_minor?: number | undefined
  currency?: string | undefined
}

/** A free edition costs 0 in the currency of the others. `currencies`: those in which this market settles. */
export function toPrices(given: readonly GivenPrice[], [usual = '']: readonly string[]): Price[] {
  const common = given.find(({ currency }) => currency)?.currency ?? usual
  return given.map(({ edition, model, amount_minor: amountMinor = 0, currency = common }) => ({
    edition,
    model,
    amountMinor,
    currency,
  }))
}
