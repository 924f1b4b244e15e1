import { findPackage, type Offer, storeVisibility, type Visibility } from '#domain/catalogue'
import { type Completed, completeOnce } from '#domain/operations'
import { assertMay, lockForMember } from '#domain/orgs'
import { packageOfOrg, PackageIsNotOfThisOrg } from '#domain/publications'
import { refreshCoverage } from '#domain/publishing'
import { logPastOf } from '#domain/transparency'
import { lockVendor } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lockOfferOfOrg, type OfferChange, type OfferWanted } from './change-offer.ts'
import { PackageHasNoPrice } from './errors.ts'
import { offerState } from './offer-state.ts'
import { checkedPrices } from './prices.ts'

export interface VisibilityWanted extends OfferChange, OfferWanted {
  visibility: Visibility
  /** The currencies in which this market settles. */
  currencies: readonly string[]
}

/**
 * Shows a package of the org's vendors, stops its sale, or makes it a part of others, once per key. What was sold stays
 * installable. Locks the vendor before the offer, as `publishVersion` does. The events of a hidden package are logged when
 * it stops being hidden. Audited with old and new. Refuses `not_allowed`, `package_not_found`, `package_changed`,
 * `package_has_no_price`, what `checkedPrices` refuses, `covers_too_many_packages` and `idempotency_key_reused`.
 */
export async function setVisibility(
  db: Db,
  { package: name, visibility, revision, currencies, ...change }: VisibilityWanted,
): Promise<Completed> {
  assertMay(change.org, 'manage_packages')
  const input = { package: name, visibility, ...(revision !== undefined && { revision }) }
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, change, 'manage_packages')
    return completeOnce(tx, { ...change, story: 'set_package_visibility', input }, async () => {
      await lockVendorOf(tx, change, name)
      const before = await lockOfferOfOrg(tx, change, input)
      const isChanged = before.visibility !== visibility
      if (isChanged && visibility === 'public') refuseUnsellable(before, currencies)
      if (isChanged) {
        await storeVisibility(tx, before.id, { visibility, at: change.at })
        await refreshCoverage(tx, { packageId: before.id, vendorId: before.vendorId })
        if (visibility !== 'hidden') await logPastOf(tx, { package: before.id })
      }
      const after = { ...before, visibility, revision: before.revision + (isChanged ? 1 : 0) }
      return {
        result: { before: before.visibility, ...(await offerState(tx, after)) },
        object: before.id,
        detail: { package: name, before: before.visibility, after: visibility },
      }
    })
  })
}

/** The prices may be older than a change of what this market settles. */
function refuseUnsellable({ name, prices }: Offer, currencies: readonly string[]): void {
  if (!prices.length) throw new PackageHasNoPrice(name)
  checkedPrices(prices, currencies)
}

async function lockVendorOf(tx: Db, { org }: Pick<OfferChange, 'org'>, name: string): Promise<void> {
  const found = await findPackage(tx, await packageOfOrg(tx, { org: org.id, name }))
  if (!found) throw new PackageIsNotOfThisOrg(name)
  await lockVendor(tx, found.vendorId)
}
