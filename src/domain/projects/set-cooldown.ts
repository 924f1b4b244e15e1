import type { OrgId, ProjectId } from '#kernel/ids'
import { type Actor, audit, type AuditEvent, by } from '#domain/audit'
import { assertMay, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { CooldownIsInvalid } from './errors.ts'
import { projectInUse } from './project-store.ts'

export const LONGEST_COOLDOWN = 90

/** How many days a project waits for a new version. 0: it does not wait. */
export async function cooldownOf(db: Db, project: ProjectId): Promise<number> {
  const { cooldown_days } = await db
    .selectFrom('projects')
    .select('cooldown_days')
    .where('id', '=', project)
    .executeTakeFirstOrThrow()
  return cooldown_days
}

/**
 * Sets how many days a project waits for a new version. Audited, unless nothing changes. Refuses `not_allowed`,
 * `project_not_found`, `project_archived`, `cooldown_invalid`.
 */
export async function setCooldown(
  db: Db,
  { actor, org, project: ref, days }: { actor: Actor; org: OrgAccess; project: string; days: number },
): Promise<void> {
  assertMay(org, 'manage_projects')
  checkCooldown(days)
  await inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller: actor, org }, 'manage_projects')
    const { id } = await projectInUse(tx, org.id, ref)
    const changed = await tx
      .updateTable('projects')
      .set({ cooldown_days: days })
      .where('id', '=', id)
      .where('archived_at', 'is', null)
      .where('cooldown_days', '<>', days)
      .executeTakeFirstOrThrow()
    if (changed.numUpdatedRows) await audit(tx, cooldownSet({ actor, org: org.id, project: id, days }))
  })
}

/** Refuses `cooldown_invalid`. */
export function checkCooldown(days: number): void {
  if (!Number.isInteger(days) || days < 0 || days > LONGEST_COOLDOWN)
    throw new CooldownIsInvalid(LONGEST_COOLDOWN)
}

/** The event of both doors. */
export const cooldownSet = ({
  actor,
  org,
  project,
  days,
}: {
  actor: Actor
  org: OrgId
  project: ProjectId
  days: number
}): AuditEvent => ({
  chain: `org:${org}`,
  action: 'set_cooldown',
  outcome: 'done',
  ...by(actor),
  org,
  object: project,
  detail: { days },
})
