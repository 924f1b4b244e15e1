import { mintId, type VendorId } from '#kernel/ids'
import { findCredentials } from '#domain/identity'
import { lockForMember } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertTermsAreCurrent, readFacts, type VendorFacts } from './application.ts'
import { approveByItself } from './decide.ts'
import { assertSlugIsFree, lockSlugs } from './slug.ts'
import { addVendor } from './vendor-store.ts'

export interface NewVendorOfOrg extends VendorFacts {
  /** The slug of its org. */
  org: string
  /** The version of the vendor terms that was accepted, and the address of who accepted it: an owner or admin of the org. */
  termsVersion: string
  acceptedBy: string
  at: Date
}

/**
 * For the operator. Makes an approved vendor for an org that has accepted the terms elsewhere. Who accepted them gets a
 * mail. Undefined when there is no such org or person. Refuses `vendor_terms_not_current`, `org_not_found` and
 * `not_allowed` for a person who may not decide for the org, and each wrong fact with a code of its own.
 */
export async function createVendor(
  db: Db,
  { org: orgSlug, termsVersion, acceptedBy, at, ...given }: NewVendorOfOrg,
): Promise<{ id: VendorId } | undefined> {
  const facts = readFacts(given)
  assertTermsAreCurrent(termsVersion)
  const id = mintId('ven', at, Math.random)
  return inTransaction(db, async (tx) => {
    const org = await tx
      .selectFrom('orgs')
      .select('id')
      .where('slug', '=', orgSlug)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    const person = await findCredentials(tx, acceptedBy)
    if (!org || !person || person.isDisabled) return undefined
    await lockForMember(tx, { caller: { customer: person.id }, org }, 'manage_vendors')
    await lockSlugs(tx)
    await assertSlugIsFree(tx, { slug: facts.slug, org: org.id })
    await addVendor(tx, { id, orgId: org.id, ...facts, termsVersion, appliedBy: person.id, at })
    await approveByItself(tx, { id, at })
    return { id }
  })
}
