import type { ProjectId } from '#kernel/ids'
import { mixesAlphabets } from '#kernel/look-alikes'
import type { Edition } from '#kernel/schemas'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { CooldownOnlyRaised, ProjectIsArchived, ProjectNameMixes } from './errors.ts'
import { refuseTakenName } from './new-project-name.ts'
import { lockProject, projectOf } from './project-store.ts'
import { checkCooldown, cooldownSet } from './set-cooldown.ts'

export interface ProjectUpdate {
  caller: Caller
  org: OrgAccess
  /** Id or slug. */
  project: string
  /** Must fit `anyProjectName`. */
  name?: string | undefined
  edition?: Edition | undefined
  /** An empty one is removed. */
  productionDomain?: string | undefined
  /** In days, from 0 to `LONGEST_COOLDOWN`. An assistant may only raise it. */
  cooldownDays?: number | undefined
}

export interface UpdatedProject {
  id: ProjectId
  slug: string
  name: string
  edition: Edition
  productionDomain: string | undefined
  cooldownDays: number
  /** The fields that have another value now. */
  changed: readonly string[]
}

/**
 * Changes what is given. The slug stays, because scripts and people use it. Audited, unless nothing changes. Refuses
 * `not_allowed`, `project_not_found`, `project_archived`, `project_name_taken`, `invalid_input` for a new name that mixes
 * alphabets, `cooldown_invalid`, `cooldown_only_raised`.
 */
export async function updateProject(db: Db, update: ProjectUpdate): Promise<UpdatedProject> {
  const { caller, org } = update
  assertMay(org, 'manage_projects')
  if (update.cooldownDays !== undefined) checkCooldown(update.cooldownDays)
  return inTransaction(db, async (tx) => {
    // as a new project does, so that of two equal names at once the second is refused
    await lockForMember(tx, update, 'manage_projects')
    const { id, slug } = await projectOf(tx, org.id, update.project)
    if ((await lockProject(tx, id)).archivedAt) throw new ProjectIsArchived(slug)
    const before = await tx
      .selectFrom('projects')
      .select(['name', 'edition', 'production_domain', 'cooldown_days'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const domain = update.productionDomain ?? before.production_domain
    const after = {
      name: update.name ?? before.name,
      edition: update.edition ?? before.edition,
      production_domain: domain === '' ? null : domain,
      cooldown_days: update.cooldownDays ?? before.cooldown_days,
    }
    if (caller.connection && after.cooldown_days < before.cooldown_days)
      throw new CooldownOnlyRaised(id, before.cooldown_days)
    const changed = FIELDS.filter((field) => after[field] !== before[field])
    if (changed.includes('name')) {
      if (mixesAlphabets(after.name)) throw new ProjectNameMixes()
      await refuseTakenName(tx, { org: org.id, name: after.name, field: 'name', except: slug })
    }
    if (changed.length) {
      await tx.updateTable('projects').set(after).where('id', '=', id).execute()
      await auditChange(tx, { ...update, id, changed, days: after.cooldown_days })
    }
    const { name, edition, production_domain, cooldown_days: cooldownDays } = after
    return {
      id,
      slug,
      name,
      edition,
      productionDomain: production_domain ?? undefined,
      cooldownDays,
      changed,
    }
  })
}

/** The cooldown has an event of its own, as on its page. */
async function auditChange(
  tx: Db,
  { caller, org, id, changed, days }: ProjectUpdate & { id: ProjectId; changed: Field[]; days: number },
): Promise<void> {
  const others = changed.filter((field) => field !== 'cooldown_days')
  if (others.length)
    await audit(tx, {
      chain: `org:${org.id}`,
      action: 'update_project',
      outcome: 'done',
      ...by(caller),
      org: org.id,
      object: id,
      detail: { changed: others.join(' ') },
    })
  if (others.length < changed.length)
    await audit(tx, cooldownSet({ actor: caller, org: org.id, project: id, days }))
}

const FIELDS = ['name', 'edition', 'production_domain', 'cooldown_days'] as const
type Field = (typeof FIELDS)[number]
