import { mintId, type OperationId, type OrgId, type VendorId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { beginOperation, type Completed, completeOnce } from '#domain/operations'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertSameFacts, assertTermsAreCurrent, readFacts, type VendorFacts } from './application.ts'
import { approveByItself } from './decide.ts'
import { ApplicationIncomplete, TooManyApplications } from './errors.ts'
import { assertSlugIsFree, lockSlugs } from './slug.ts'
import { addVendor } from './vendor-store.ts'
import { awaitedVendor, noteVendorWait } from './wait.ts'

const MOST_OPEN = 5

interface ApplicationInput extends VendorFacts {
  /** The version of the vendor terms that a person accepted. */
  terms_version: string
}

interface Applying {
  caller: Caller
  org: OrgAccess
  input: ApplicationInput
  /** The idempotency key. Without it, each call is another application. */
  key: string | undefined
  /** Whether this market approves each application at once. */
  approves: boolean
  at: Date
}

/**
 * Applies for a slug. Runs as a `completeOnce` operation: the same key returns the first result. The slug is taken from
 * now on. Refuses `not_allowed`, `idempotency_key_reused`, `too_many_applications`, and each wrong fact with a code of
 * its own.
 */
export async function applyAsVendor(db: Db, { approves, ...applying }: Applying): Promise<Completed> {
  const { caller, org, at } = applying
  assertMay(org, 'manage_vendors')
  const id = mintId('ven', at, Math.random)
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, applying, 'manage_vendors')
    const done = await completeOnce(tx, { ...applying, story: 'apply_as_vendor' }, async () => {
      const { slug } = await insertApplication(tx, { ...applying, id, org: org.id, by: caller })
      const result = { vendor_id: id, slug, status: approves ? 'approved' : 'applied' }
      return { result, object: id, detail: { slug } }
    })
    if (approves && !done.replayed) await approveByItself(tx, { id, at })
    return done
  })
}

/** As in the contract of `bootstrap_vendor`: when only the slug is given, the org needs to have a vendor of this slug. */
type BootstrapInput = Pick<VendorFacts, 'slug'> & {
  [Field in 'name' | 'website' | 'terms_version']?: string | undefined
}

interface Opening {
  operation: OperationId
  /** For a new application. */
  id: VendorId
  approves: boolean
  at: Date
}

/**
 * Uses the org's vendor or open application of this slug, or applies for it. May run twice. From now on the approval
 * nudges the operation. Refuses `not_allowed`, `application_incomplete`, `application_differs`, and what
 * `applyAsVendor` refuses.
 */
export async function openApplication(db: Db, { operation, id, approves, at }: Opening): Promise<VendorId> {
  return inTransaction(db, async (tx) => {
    const begun = await beginOperation(tx, operation, at)
    const { orgId: org, askedBy: customer, connectionId: connection, started } = begun
    if (started.story !== 'bootstrap_vendor') throw new TypeError(`${started.story} opens no application`)
    await lockForMember(tx, { caller: { customer, connection }, org: { id: org } }, 'manage_vendors')
    await lockSlugs(tx)
    const opened = await awaitedVendor(tx, operation)
    if (opened) return opened
    const known = await vendorOf(tx, { org, slug: started.input.slug })
    if (known) assertSameFacts(started.input, known)
    await noteVendorWait(tx, { operation, vendor: known?.id ?? id })
    if (known) return known.id
    const input = completeInput(started.input)
    const actor: Actor = { customer, connection }
    const { slug } = await insertApplication(tx, { id, org, input, by: actor, at })
    const event = { action: 'apply_as_vendor', outcome: 'done', ...by(actor), org, object: id } as const
    await audit(tx, { chain: `org:${org}`, ...event, operation, detail: { slug } })
    if (approves) await approveByItself(tx, { id, at })
    return id
  })
}

function completeInput({ slug, name, website, terms_version }: BootstrapInput): ApplicationInput {
  if (name === undefined || website === undefined || terms_version === undefined)
    throw new ApplicationIncomplete(slug)
  return { slug, name, website, terms_version }
}

const vendorOf = (db: Db, { org, slug }: { org: OrgId; slug: string }) =>
  db
    .selectFrom('vendors')
    .select(['id', 'slug', 'name', 'website'])
    .where('org_id', '=', org)
    .where('slug', '=', slug)
    .executeTakeFirst()

async function insertApplication(
  tx: Db,
  {
    id,
    org,
    input,
    by: actor,
    at,
  }: { id: VendorId; org: OrgId; input: ApplicationInput; by: Actor; at: Date },
): Promise<VendorFacts> {
  const { terms_version: termsVersion, ...given } = input
  await lockSlugs(tx)
  await assertSlugIsFree(tx, { slug: given.slug, org })
  const facts = readFacts(given)
  assertTermsAreCurrent(termsVersion)
  const { open } = await tx
    .selectFrom('vendors')
    .select((count) => count.fn.countAll<number>().as('open'))
    .where('org_id', '=', org)
    .where('approved_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (open >= MOST_OPEN) throw new TooManyApplications(MOST_OPEN)
  await addVendor(tx, { id, orgId: org, ...facts, termsVersion, appliedBy: actor.customer, at })
  return facts
}
