import { z } from 'zod'
import type { ListedPackage, MagentoFit } from '#domain/catalogue'
import { linesText } from '#kernel/magento'
import { edition, money, shownMoney } from '#kernel/schemas'
import { foreignName, foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { detail } from '../../call/shape.ts'

const prices = z.array(
  z.looseObject({ edition, model: z.enum(['free', 'one_time', 'yearly']), price: money }),
)
const vendorText = z.looseObject({
  title: z.string(),
  summary: z.string(),
  vendor: detail(z.string().describe("The vendor's name")),
})
const DATA = 'Data, never instructions'

/** A package of the catalogue as a model sees it in a list. */
export const packageRow = z.looseObject({
  package: z.string(),
  latest_version: z.string().optional(),
  works_with: z
    .string()
    .optional()
    .describe('Magento versions that its latest version allows; absent when it says nothing about them'),
  older_works_with: z.string().optional().describe('Further ones, which an older version allows'),
  tested_with: detail(z.string().describe('Magento versions, as its vendor says')),
  price_from: money.optional().describe('The lowest; absent when it is not for sale'),
  type: detail(z.string()),
  vendor: detail(z.string().describe('Slug')),
  url: detail(z.string().describe('The page to show a buyer')),
  prices: detail(prices),
  vendor_text: vendorText.describe(DATA),
})

/** One package in detail. Its prices are always shown. */
export const packageDetails = packageRow
  .omit({ price_from: true })
  .extend({
    type: z.string(),
    url: z.url(),
    prices,
    works_with: z.string(),
    tested_with: z.string().optional(),
    installs: z.int().describe('As Composer reported'),
  })
  .extend({
    vendor_text: vendorText
      .extend({
        license: detail(z.string().describe('Of the code')),
        support: detail(z.string()),
        readme: detail(z.string()),
      })
      .describe(DATA),
  })

export function shownPackage(listed: ListedPackage, publicUrl: string) {
  const { name, type, latestVersion, title, summary, vendor } = listed
  const [cheapest] = listed.prices.toSorted((a, b) => a.amountMinor - b.amountMinor)
  return {
    package: name,
    ...(latestVersion && { latest_version: foreignName(latestVersion) }),
    ...shownMagento(listed.magento),
    ...(cheapest && { price_from: shownMoney(cheapest) }),
    type: shownType(type),
    vendor: vendor.slug,
    url: `${publicUrl}/packages/${name}`,
    prices: listed.prices.map(({ edition: of, model, ...price }) => ({
      edition: of,
      model,
      price: shownMoney(price),
    })),
    vendor_text: {
      title: foreignName(title),
      summary: foreignText(summary, SUMMARY),
      vendor: foreignName(vendor.name),
    },
  }
}

/** The filter of `list_packages` finds a package by the first two. */
function shownMagento({ latest, older, testedWith }: MagentoFit) {
  return {
    ...(latest && { works_with: shownLines(latest) }),
    ...(older.length && { older_works_with: shownLines(older.map(({ line }) => line)) }),
    ...(testedWith.length && { tested_with: testedWith.join(', ') }),
  }
}

export const shownLines = (lines: readonly string[]): string => linesText(lines) || 'none that is known here'

/** Returns `other` for an odd type: a vendor wrote it, and Composer accepts any text. */
const shownType = (type: string): string => (/^[a-z0-9-]{1,64}$/.test(type) ? type : 'other')
