import { findOffer, lockOffer, type Offer } from '#domain/catalogue'
import { assertMayStill, packageOfOrg, PackageIsNotOfThisOrg } from '#domain/publications'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { OfferHasChanged } from './errors.ts'

export interface OfferChange {
  caller: Caller
  org: OrgAccess
  /** The idempotency key. */
  key: string
  at: Date
}

export interface OfferWanted {
  /** Composer name. */
  package: string
  /** The revision of the offer that the caller saw. Without it, the change is made at any revision. */
  revision?: number | undefined
}

/** The offer of the org's package. Refuses `package_not_found`, `package_changed`. */
export async function offerOfOrg(
  db: Db,
  { org }: Pick<OfferChange, 'org'>,
  { package: name, revision }: OfferWanted,
): Promise<Offer> {
  const id = await packageOfOrg(db, { org: org.id, name })
  return atRevision(await findOffer(db, { org: org.id, id }), name, revision)
}

/**
 * Locks the offer of the org's package, and then reads the connection again: it may have ended while another change held the
 * lock. Call it under the lock of the org. Refuses `not_allowed`, `package_not_found`, `package_changed`.
 */
export async function lockOfferOfOrg(
  tx: Db,
  { caller, org }: Pick<OfferChange, 'caller' | 'org'>,
  { package: name, revision }: OfferWanted,
): Promise<Offer> {
  const id = await packageOfOrg(tx, { org: org.id, name })
  const offer = await lockOffer(tx, { org: org.id, id })
  const asked = { orgId: org.id, askedBy: caller.customer, connectionId: caller.connection }
  await assertMayStill(tx, asked, 'manage_packages')
  return atRevision(offer, name, revision)
}

function atRevision(offer: Offer | undefined, name: string, revision: number | undefined): Offer {
  if (!offer) throw new PackageIsNotOfThisOrg(name)
  if (revision !== undefined && revision !== offer.revision) throw new OfferHasChanged(name, offer.revision)
  return offer
}
