import type { CustomerId, OrgId, ProjectId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

interface Ended {
  org: OrgId
  because: 'became_member' | 'revoked' | 'replaced'
  at: Date
}

/** Ends all shares of an org with a person, and unused links to their address. Returns their number. */
export async function endSharesWith(
  tx: Db,
  { org, customer, because, at }: Ended & { customer: CustomerId },
): Promise<number> {
  const { numUpdatedRows } = await endingUpdate(tx, { org, because, at })
    .where((is) =>
      is.or([
        is('customer_id', '=', customer),
        // who used a link may have another address now, and somebody else the one of the link
        is.and([
          is('customer_id', 'is', null),
          is('email_norm', 'in', is.selectFrom('customers').select('email_norm').where('id', '=', customer)),
        ]),
      ]),
    )
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Ends the links that a member of an org has sent and that nobody has used. Returns their number. */
export async function endLinksBy(
  tx: Db,
  { org, customer, at }: { org: OrgId; customer: CustomerId; at: Date },
): Promise<number> {
  const { numUpdatedRows } = await endingUpdate(tx, { org, because: 'revoked', at })
    .where('shared_by', '=', customer)
    .where('customer_id', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Ends the unused links of a project to an address: otherwise the guest could use one to get access again. Returns their number. */
export async function endLinksTo(
  tx: Db,
  { project, email, ...of }: Ended & { project: ProjectId; email: string },
): Promise<number> {
  const { numUpdatedRows } = await endingUpdate(tx, of)
    .where('project_id', '=', project)
    .where('email_norm', '=', email)
    .where('customer_id', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** An unfinished query. Each caller adds which open shares of the org to end. */
const endingUpdate = (tx: Db, { org, because, at }: Ended) =>
  tx
    .updateTable('project_shares')
    .set({ ended_at: at, ended_because: because })
    .where('org_id', '=', org)
    .where('ended_at', 'is', null)
