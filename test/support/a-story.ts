import { expect, test } from 'vitest'
import { aShop, type ShopOptions } from './a-shop.ts'
import { findLedgerMismatches } from './ledger-mismatches.ts'

/**
 * A `test` for stories. Each file has one `shop`, and `buyer` is the assistant of the owner of `acme-retail`. After each
 * test the faults are removed, and orders, charges, licences and ledger must agree with the bank.
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
