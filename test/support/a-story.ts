import { expect, test } from 'vitest'
import { aShop, type ShopOptions } from './a-shop.ts'
import { findLedgerMismatches } from './ledger-mismatches.ts'

/**
 * A `test` with one `shop` per file, where `buyer` is the assistant of the owner of `acme-retail`. After each test the
 * faults are removed.
 */
export const shopTest = (options: ShopOptions = {}) =>
  test
    .extend('shopOptions', { scope: 'file' }, () => options)
    .extend('shop', { scope: 'file' }, async ({ shopOptions }, { onCleanup }) => {
      const shop = await aShop(shopOptions)
      onCleanup(() => shop.close())
      return shop
    })
    .extend('buyer', { scope: 'file' }, ({ shop }) => shop.assistant())
    .extend('faults', { auto: true }, ({ shop }, { onCleanup }) => {
      onCleanup(() => shop.breaks())
    })

/** A `shopTest` after which orders, charges, licences and ledger must agree with the bank. */
export const storyTest = (options: ShopOptions = {}) =>
  shopTest(options).extend('ledger', { auto: true }, ({ shop }, { onCleanup }) => {
    onCleanup(async () => {
      shop.breaks()
      expect(await findLedgerMismatches(shop)).toEqual([])
    })
  })
