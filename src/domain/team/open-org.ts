import { mintId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { countAttempt } from '#domain/identity'
import { addMember, addOrgOnce, type Caller, isReservedName, type OrgAccess, orgsOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { OrgSlugTaken, TooManyOrgs } from './errors.ts'
import { inChainOf } from './in-org.ts'
import { orgName, orgSlug, refuseReservedName, slugOfName } from './org-names.ts'

const DAY_MS = 24 * 60 * 60_000
const MOST_A_DAY = { max: 10, windowMs: DAY_MS }
/** A refusal says whether a slug is taken, so tries are counted, too. */
const TRIES_A_DAY = { max: 40, windowMs: DAY_MS }

export interface OrgWanted {
  caller: Caller
  name: string
  /** Default: made from the name. It never changes. */
  slug?: string | undefined
  at: Date
}

/**
 * Creates an org whose owner is the caller. The active org stays. Refuses `org_name_invalid`, `org_slug_invalid`,
 * `org_slug_taken`, also when an earlier call has created it, and `too_many_orgs`.
 */
export async function openOrg(db: Db, { caller, slug: given, at, ...wanted }: OrgWanted): Promise<OrgAccess> {
  const name = orgName(wanted.name)
  const slug = given === undefined ? slugOfName(name) : orgSlug(given)
  const id = mintId('org', at, Math.random)
  const { customer } = caller
  // outside the transaction, which a refusal rolls back
  const early = await countAttempt(db, { key: `try_org_slug/${customer}`, ...TRIES_A_DAY }, at)
  if (early !== undefined) throw new TooManyOrgs(early)
  return inTransaction(db, async (tx) => {
    if (isReservedName(slug)) throw new OrgSlugTaken(slug, false)
    refuseReservedName(name)
    if (!(await addOrgOnce(tx, { id, slug, name, at }))) throw await taken(tx, slug, caller)
    const wait = await countAttempt(tx, { key: `create_org/${customer}`, ...MOST_A_DAY }, at)
    if (wait !== undefined) throw new TooManyOrgs(wait)
    await addMember(tx, { org: id, customer, role: 'owner', at })
    await audit(tx, { ...inChainOf({ id }, 'create_org', id), ...by(caller) })
    return { id, slug, name, role: 'owner' }
  })
}

async function taken(tx: Db, slug: string, { customer }: Caller): Promise<OrgSlugTaken> {
  const own = await orgsOf(tx, customer)
  return new OrgSlugTaken(
    slug,
    own.some((org) => org.slug === slug),
  )
}
