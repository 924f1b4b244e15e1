import { z } from 'zod'
import type { Seller } from '#kernel/seller'
import { isVatId, normalVatId } from '#kernel/vat-ids'

const linesOf = (text: string): string[] =>
  text
    .split(';')
    .map((line) => line.trim())
    .filter(Boolean)

/** The settings that say who sells. */
export const sellerSettings = {
  SELLER_NAME: z
    .string()
    .min(1)
    .max(120, 'has to have at most 120 characters')
    .default('The packagento sandbox'),
  SELLER_ADDRESS: z
    .string()
    .transform(linesOf)
    .refine(
      (lines) => lines.length >= 1 && lines.length <= 6 && lines.every((line) => line.length <= 80),
      'has to be 1 to 6 lines of at most 80 characters, separated by ;',
    )
    .default(['1 Example Street', 'Exampleton']),
  SELLER_VAT_ID: z
    .string()
    .transform(normalVatId)
    .refine((vatId) => isVatId('', vatId), 'has to be a VAT id such as DE123456789')
    .optional(),
}

type SellerConfig = z.output<z.ZodObject<typeof sellerSettings>>

/** Whom invoices name as the seller. */
export const configuredSeller = (config: SellerConfig): Seller => ({
  name: config.SELLER_NAME,
  address: config.SELLER_ADDRESS,
  ...(config.SELLER_VAT_ID && { vatId: config.SELLER_VAT_ID }),
})
