import { audit, by } from '#domain/audit'
import { setOrgName } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { orgName, refuseReservedName } from './org-names.ts'

/**
 * Gives an org another name. Its slug stays, because programs name it. The stored name is no change, also when a newer rule
 * refuses it. Refuses `not_allowed`, `org_name_invalid`.
 */
export async function renameOrg(
  db: Db,
  { caller, org: wanted, name: given }: OrgChange & { name: string },
): Promise<void> {
  await inOrg(db, { caller, org: wanted }, 'own_org', async (tx, org) => {
    if (org.name === given) return
    const name = orgName(given)
    refuseReservedName(name)
    if (org.name === name) return
    await setOrgName(tx, { org: org.id, name })
    await audit(tx, { ...inChainOf(org, 'rename_org', org.id), ...by(caller) })
  })
}
