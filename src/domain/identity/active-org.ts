import { audit } from '#domain/audit'
import { orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Session } from './session-store.ts'

export interface OrgChoice {
  session: Pick<Session, 'idHash' | 'customer'>
  /** Slug or id. */
  org: string
  /** The id of the request. */
  request: string
}

/**
 * Makes an org the active org of one session, and audits the change. Changes nothing when it is active already, or when
 * the session has ended meanwhile. Refuses `org_not_found` when the customer is not a member.
 */
export async function chooseActiveOrg(db: Db, { session, org: ref, request }: OrgChoice): Promise<void> {
  const { customer, idHash } = session
  await inTransaction(db, async (tx) => {
    const before = await tx
      .selectFrom('sessions')
      .select('active_org_id')
      .where('id_hash', '=', idHash)
      .forUpdate()
      .executeTakeFirst()
    const org = await orgForCustomer(tx, customer, ref)
    if (!before || before.active_org_id === org.id) return
    await tx.updateTable('sessions').set({ active_org_id: org.id }).where('id_hash', '=', idHash).execute()
    const from = before.active_org_id
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'choose_active_org',
      outcome: 'done',
      customer,
      org: org.id,
      request,
      detail: { to: org.id, ...(from && { from }) },
    })
  })
}
