import { randomUUID } from 'node:crypto'
import type { Price } from '#domain/catalogue'
import { readOperation } from '#domain/operations'
import { setVisibility, updatePackage } from '#domain/offers'
import type { Market } from './demo-market.ts'

type Update = Parameters<typeof updatePackage>[1]['update']
type Visibility = Parameters<typeof setVisibility>[1]['visibility']

/** One of them is not settled by anybody. */
const CURRENCIES = ['EUR', 'USD', 'JPY', 'KWD']

export const eur = (amountMinor: number, more: Partial<Price> = {}): Price => ({
  edition: 'open-source',
  model: 'one_time',
  amountMinor,
  currency: 'EUR',
  ...more,
})

/** The owner of `northwind` changes offers; each change returns the stored result. */
export function offersIn({ db, ...market }: Market) {
  const asVendor = async (key: string = randomUUID()) => ({
    caller: market.caller('vendor'),
    org: await market.access('vendor', 'northwind'),
    key,
    at: new Date(),
  })
  const resultOf = async ({ operation, replayed }: { operation: `op_${string}`; replayed: boolean }) => ({
    ...(await readOperation(db, operation)).result,
    ...(replayed && { replayed }),
  })
  return {
    asVendor,
    update: async (update: Update, key?: string) =>
      resultOf(await updatePackage(db, { ...(await asVendor(key)), update, currencies: CURRENCIES })),
    show: async (name: string, visibility: Visibility, more: { revision?: number; key?: string } = {}) => {
      const { key, ...revision } = more
      return resultOf(
        await setVisibility(db, {
          ...(await asVendor(key)),
          package: name,
          visibility,
          currencies: CURRENCIES,
          ...revision,
        }),
      )
    },
  }
}
