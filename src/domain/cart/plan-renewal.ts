import {
  type Holding,
  NothingToRenew,
  renewableSince,
  RenewalTooEarly,
  RenewalTooLate,
  renewed,
} from '#domain/licensing'
import type { PlannedItem, PlanWanted, WantedPack } from './planned-item.ts'
import { priceToPay } from './sellable.ts'

/**
 * Plans one more year of the licence that the project holds, from its old end, at today's price of its edition. Refuses
 * `nothing_to_renew`, `renewal_too_early`, `renewal_too_late`, and what `priceToPay` refuses.
 */
export function planRenewal(
  { at }: Pick<PlanWanted, 'at'>,
  { pack, edition: asked }: WantedPack,
  { held, through }: { held: Holding | undefined; through: string | undefined },
): PlannedItem {
  const { name, id: packageId, vendorId: vendor, vendorSlug } = pack
  if (!held?.term || (asked && asked !== held.edition))
    throw new NothingToRenew(name, held ? undefined : through)
  const since = renewableSince(held.term.until)
  if (at < since) throw new RenewalTooEarly(name, { until: held.term.until, since })
  const renewal = renewed({ from: held.term.until, since: held.term.since })
  if (renewal.until <= at) throw new RenewalTooLate(name, held.term.until)
  const { edition, licence } = held
  const { model, amountMinor, currency } = priceToPay(pack, edition)
  if (model !== 'yearly') throw new NothingToRenew(name)
  const price = { amountMinor, currency }
  return { packageId, name, vendor, vendorSlug, edition, model, price, action: 'renew', licence, renewal }
}
