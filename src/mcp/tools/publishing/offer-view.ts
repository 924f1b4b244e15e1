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

export const toPrices = (
  given: readonly (Omit<Price, 'amountMinor'> & { amount_minor: number })[],
): Price[] => given.map(({ amount_minor: amountMinor, ...price }) => ({ ...price, amountMinor }))
