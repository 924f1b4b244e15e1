import { audit, by } from '#domain/audit'
import { queueMail } from '#domain/mail'
import { findMember, setRole } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { memberOf } from './change-role.ts'
import { MemberNotFound, NameNotTyped, PersonalOrgStays } from './errors.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { revokeBeyond } from './revoke-invite.ts'

/**
 * Makes another member an owner, and the caller an admin. Only in the browser. `confirm`: the typed slug. Refuses
 * `name_not_typed`, `member_not_found`, also for a disabled account, and `personal_org_stays`.
 */
export async function transferOrg(
  db: Db,
  { caller, org: wanted, member: ref, confirm, at }: OrgChange & { member: string; confirm: string },
): Promise<void> {
  await inOrg(db, { caller, org: wanted }, 'own_org', async (tx, org) => {
    const next = await memberOf(tx, org, ref)
    const own = await findMember(tx, { org: org.id, customer: caller.customer })
    if (!own || next.isDisabled || next.customer === caller.customer) throw new MemberNotFound()
    if (own.isPersonal) throw new PersonalOrgStays()
    if (confirm.trim() !== org.slug) throw new NameNotTyped(org.slug)
    await setRole(tx, { org: org.id, customer: next.customer, role: 'owner' })
    await setRole(tx, { org: org.id, customer: own.customer, role: 'admin' })
    const revokedInvites = await revokeBeyond(tx, { org: org.id, customer: own.customer, left: 'admin', at })
    const data = { org: org.name, slug: org.slug, by: own.displayName }
    const key = `org_transferred/${caller.request}`
    await queueMail(tx, { kind: 'org_transferred', to: next.email, data, key, at })
    const detail = { from: own.customer, to: next.customer, ...(revokedInvites && { revokedInvites }) }
    await audit(tx, { ...inChainOf(org, 'transfer_org', next.customer), ...by(caller), detail })
  })
}
