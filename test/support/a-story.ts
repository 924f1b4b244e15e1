import { expect, test } from 'vitest'
import { aShop, type ShopOptions } from './a-shop.ts'
import { findLedgerMismatches } from './ledger-mismatches.ts'

/**
 * A `test` for stories: `shop` is one for the file, `buyer` an assistant of `acme-retail`'s owner. After each test the
 * steps are sound again, and orders, charges, licences and ledger agree with the bank.
 */
export const storyTest = (options: ShopOptions = {}) =>
  test
    .extend('shopOptions', { scope: 'file' }, () => options)
    .extend('shop', { scope: 'file' }, async ({ shopOptions }, { onCleanup }) => {
      const shop = await aShop(shopOptions)
      onCleanup(() => shop.close())
      return shop
    })
    .extend('buyer', { scope: 'file' }, ({ shop }) => shop.assistant())
    .extend('ledger', { auto: true }, ({ shop }, { onCleanup }) => {
      onCleanup(async () => {
        shop.breaks()
        expect(await findLedgerMismatches(shop)).toEqual([])
      })
    })
