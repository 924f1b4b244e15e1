import { mintId, type OrgId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { addMember, addOrgOnce } from './org-store.ts'

export interface NewOrg {
  slug: string
  name: string
  /** The address of its first owner, in lower case. */
  owner: string
  at: Date
}

/** For the operator. Makes an org with its first owner. `no_owner`: nobody has this address, or the account is disabled. */
export async function createOrg(
  db: Db,
  { slug, name, owner, at }: NewOrg,
): Promise<{ id: OrgId } | 'no_owner' | 'slug_taken'> {
  const id = mintId('org', at, Math.random)
  return inTransaction(db, async (tx) => {
    const person = await tx
      .selectFrom('customers')
      .select('id')
      .where('email_norm', '=', owner)
      .where('disabled_at', 'is', null)
      .executeTakeFirst()
    if (!person) return 'no_owner'
    if (!(await addOrgOnce(tx, { id, slug, name, at }))) return 'slug_taken'
    await addMember(tx, { org: id, customer: person.id, role: 'owner', at })
    const event = { action: 'create_org', outcome: 'done', org: id, object: id } as const
    await audit(tx, { chain: `org:${id}`, ...event, detail: { owner: person.id } })
    await audit(tx, { chain: 'platform', ...event })
    return { id }
  })
}
