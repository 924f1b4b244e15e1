import { type Offer, type Price, storeOffer } from '#domain/catalogue'
import { type Completed, completeOnce } from '#domain/operations'
import { assertMay, lockForMember } from '#domain/orgs'
import { shownText } from '#domain/publishing'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lockOfferOfOrg, type OfferChange, offerOfOrg, type OfferWanted } from './change-offer.ts'
import { NothingToChange, PublicPackageNeedsAPrice } from './errors.ts'
import { offerState, type OfferState } from './offer-state.ts'
import { checkedPrices, priceLine } from './prices.ts'

const LONGEST_TITLE = 100
const LONGEST_SUMMARY = 300

export interface PackageUpdate extends OfferWanted {
  /** One line of plain text. */
  title?: string | undefined
  /** One line of plain text; empty: none. */
  summary?: string | undefined
  /** Replaces all prices. An edition without a price is not sold any more. */
  prices?: readonly Price[] | undefined
}

export interface UpdateWanted extends OfferChange {
  update: PackageUpdate
  /** The currencies in which this market settles. */
  currencies: readonly string[]
}

/** What an update has changed, or would change. */
export type UpdatedPackage = OfferState & { changed: string[] }

/**
 * Changes texts and prices of a package of the org's vendors, once per key. Quotes, open orders and licences keep their
 * prices: a quote says its price and is refused with `price_changed` when it is not the current one. Audited with old and
 * new. Refuses `not_allowed`, `package_not_found`, `package_changed`, `public_package_needs_price`, `title_invalid`,
 * `summary_invalid`, what `checkedPrices` refuses, and `idempotency_key_reused`.
 */
export async function updatePackage(
  db: Db,
  { update, currencies, ...change }: UpdateWanted,
): Promise<Completed> {
  assertMay(change.org, 'manage_packages')
  const wanted = checkedUpdate(update, currencies)
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, change, 'manage_packages')
    return completeOnce(tx, { ...change, story: 'update_package', input: wanted }, async () => {
      const before = await lockOfferOfOrg(tx, change, wanted)
      const { changed, after } = changesIn(before, wanted)
      if (changed.length) await storeOffer(tx, before.id, { ...pick(after, changed), at: change.at })
      const revision = before.revision + (changed.length ? 1 : 0)
      const result = { changed, ...(await offerState(tx, { ...after, revision })) }
      return { result, object: before.id, detail: detailOf(before, after, changed) }
    })
  })
}

/** As `updatePackage`, but writes nothing. Also returns the current texts. */
export async function previewUpdate(
  db: Db,
  { update, currencies, org }: Pick<UpdateWanted, 'update' | 'currencies' | 'org'>,
): Promise<{ would: UpdatedPackage; current: Pick<Offer, 'title' | 'summary'> }> {
  assertMay(org, 'manage_packages')
  const wanted = checkedUpdate(update, currencies)
  const current = await offerOfOrg(db, { org }, wanted)
  const { changed, after } = changesIn(current, wanted)
  return { would: { changed, ...(await offerState(db, after)) }, current }
}

function checkedUpdate(update: PackageUpdate, currencies: readonly string[]): PackageUpdate {
  const { package: name, title, summary, prices, revision } = update
  if (title === undefined && summary === undefined && prices === undefined) throw new NothingToChange()
  return {
    package: name,
    ...(revision !== undefined && { revision }),
    ...(title !== undefined && { title: shownText('title', title, LONGEST_TITLE) }),
    ...(summary !== undefined && {
      summary: summary.trim() && shownText('summary', summary, LONGEST_SUMMARY),
    }),
    ...(prices && { prices: checkedPrices(prices, currencies) }),
  }
}

type Changed = 'title' | 'summary' | 'prices'

/** Refuses to take all prices from a public package: those who know its name could neither buy nor find it. */
function changesIn(before: Offer, wanted: PackageUpdate): { changed: Changed[]; after: Offer } {
  const { title = before.title, summary = before.summary, prices = before.prices } = wanted
  if (before.visibility === 'public' && before.prices.length && !prices.length)
    throw new PublicPackageNeedsAPrice(before.name)
  const after = { ...before, title, summary, prices: [...prices] }
  const changed = (['title', 'summary', 'prices'] as const).filter(
    (each) => textOf(before, each) !== textOf(after, each),
  )
  return { changed, after }
}

const textOf = (offer: Offer, field: Changed): string =>
  field === 'prices' ? priceLine(offer.prices) : offer[field]

const pick = (offer: Offer, fields: readonly Changed[]): Partial<Pick<Offer, Changed>> =>
  Object.fromEntries(fields.map((field) => [field, offer[field]]))

const detailOf = (before: Offer, after: Offer, changed: readonly Changed[]) =>
  Object.fromEntries([
    ['package', before.name],
    ['changed', changed.join(' ')],
    ...changed.flatMap((field) => [
      [`${field}_before`, textOf(before, field)],
      [`${field}_after`, textOf(after, field)],
    ]),
  ]) as Record<string, string>
