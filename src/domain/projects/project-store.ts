import { isId, type CustomerId, type OrgId, type ProjectId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import { type Access, assertMayOn, type GuestPermission, mayOn, orgIdOf } from '#domain/orgs'
import { ProjectIsArchived, ProjectNotFound } from './errors.ts'

export interface Project {
  id: ProjectId
  orgId: OrgId
  slug: string
  name: string
  edition: Edition
  archivedAt: Date | undefined
}

/**
 * Finds a project by id or slug within one org. `mayBeNew`: the caller could ask for a new project instead, and the
 * refusal says so. Refuses `project_not_found`, `project_archived`.
 */
export async function projectInUse(db: Db, org: OrgId, ref: string, mayBeNew = false): Promise<Project> {
  const found = await findProject(db, org, ref)
  if (!found) throw new ProjectNotFound(mayBeNew)
  if (found.archivedAt) throw new ProjectIsArchived(found.slug, mayBeNew)
  return found
}

/** As `projectInUse`, but also finds archived projects. Refuses `project_not_found`. */
export async function projectOf(db: Db, org: OrgId, ref: string): Promise<Project> {
  const found = await findProject(db, org, ref)
  if (!found) throw new ProjectNotFound()
  return found
}

/**
 * The project of a caller, who may be a guest of it, also when it is archived. Refuses `project_not_found`, also for a
 * project that was not shared with them, and `not_allowed`.
 */
export async function projectFor(
  db: Db,
  access: Access,
  { project: ref, permission }: { project: string; permission: GuestPermission },
): Promise<Project> {
  const project = await projectOf(db, orgIdOf(access), ref)
  if (!mayOn(access, 'see', project.id)) throw new ProjectNotFound()
  assertMayOn(access, permission, project.id)
  return project
}

/** The org of a project. Does not check access; the caller has to. */
export async function orgOfProject(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('prj', id)) return undefined
  const row = await db.selectFrom('projects').select('org_id').where('id', '=', id).executeTakeFirst()
  return row?.org_id
}

export async function findProject(db: Db, org: OrgId, ref: string): Promise<Project | undefined> {
  const row = await db
    .selectFrom('projects')
    .select(['id', 'org_id', 'slug', 'name', 'edition', 'archived_at'])
    .where('org_id', '=', org)
    .where((where) => (isId('prj', ref) ? where('id', '=', ref) : where('slug', '=', ref)))
    .executeTakeFirst()
  return (
    row && {
      id: row.id,
      orgId: row.org_id,
      slug: row.slug,
      name: row.name,
      edition: row.edition,
      archivedAt: row.archived_at ?? undefined,
    }
  )
}

/** Locks the project, so that two actions on it happen one after the other. */
export async function lockProject(tx: Db, id: ProjectId): Promise<{ archivedAt: Date | undefined }> {
  const row = await tx
    .selectFrom('projects')
    .select('archived_at')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { archivedAt: row.archived_at ?? undefined }
}

export interface NewProject {
  id: ProjectId
  orgId: OrgId
  name: string
  edition: Edition
  productionDomain?: string | undefined
  createdBy: CustomerId
  at: Date
}

/** Creates a project. The slug comes from its name, with a number if it is taken. An existing id is not changed. */
export async function createProject(tx: Db, project: NewProject): Promise<{ slug: string }> {
  const wanted = slugOfName(project.name)
  for (let n = 1; ; n++) {
    const slug = n === 1 ? wanted : `${wanted}-${n}`
    const inserted = await tx
      .insertInto('projects')
      .values({
        id: project.id,
        org_id: project.orgId,
        slug,
        name: project.name,
        edition: project.edition,
        production_domain: project.productionDomain ?? null,
        created_by: project.createdBy,
        created_at: project.at,
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows) return { slug }
    const existing = await findProject(tx, project.orgId, project.id)
    if (existing) return { slug: existing.slug }
  }
}

const SLUG_LENGTH = 50

/** The slug of a project of this name. A second one gets a number behind it. */
export const slugOfName = (name: string): string =>
  dashed(name).slice(0, SLUG_LENGTH).replaceAll(/^-|-$/g, '') || 'project'

/** Whether the slug of this name is made of it, and not cut. */
export function isWholeSlug(name: string): boolean {
  const whole = dashed(name)
  return whole.length <= SLUG_LENGTH && /[a-z0-9]/.test(whole)
}

const dashed = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')

/** From now on nothing can be installed or activated on it. Requests with its tokens get 403. */
export async function archiveProject(tx: Db, id: ProjectId, at: Date): Promise<void> {
  await tx
    .updateTable('projects')
    .set({ archived_at: at })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .execute()
}

/** Its tokens and activations work again. */
export async function unarchiveProject(tx: Db, id: ProjectId): Promise<void> {
  await tx.updateTable('projects').set({ archived_at: null }).where('id', '=', id).execute()
}
