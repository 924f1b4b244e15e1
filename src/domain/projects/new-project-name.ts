import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { ProjectNameTaken } from './errors.ts'
import { isWholeSlug, slugOfName } from './project-store.ts'

interface NamedProject {
  slug: string
  name: string
}

/**
 * Refuses `project_name_taken` for a new project with the name or the slug of one that the org uses, or that an open
 * purchase of it makes. Call it with the org locked. `field`: the input field with the name. `except`: the slug of the
 * project that gets the name.
 */
export async function refuseTakenName(
  db: Db,
  { org, name, field, except }: { org: OrgId; name: string; field: 'name' | 'new_project'; except?: string },
): Promise<void> {
  // read before the projects: a delivery that ends between the two is seen as its project
  const made = await projectsBeingMade(db, org)
  const projects = await projectsOf(db, org)
  const existing = projects.find(
    (each) => !each.isArchived && each.slug !== except && isSameProject(each, name),
  )
  if (existing) throw new ProjectNameTaken(existing.slug, { field })
  const by = made.find((each) => isSameName(each.name, name))
  if (by) throw new ProjectNameTaken(freeSlug(by.name, projects), { field, by: by.operation })
}

/** The slug that a new project of this name would get now. */
export const slugOfNew = async (db: Db, { org, name }: { org: OrgId; name: string }): Promise<string> =>
  freeSlug(name, await projectsOf(db, org))

function freeSlug(name: string, projects: readonly NamedProject[]): string {
  const wanted = slugOfName(name)
  for (let n = 1; ; n++) {
    const slug = n === 1 ? wanted : `${wanted}-${n}`
    if (!projects.some((each) => each.slug === slug)) return slug
  }
}

const isSameProject = ({ name, slug }: NamedProject, wanted: string): boolean =>
  isSameName(name, wanted) || (isInSlug(name) && normal(wanted) === slug)

/** As people read names: case, accents, spaces and punctuation do not count, if the slugs have all the rest. */
const isSameName = (a: string, b: string): boolean =>
  normal(a) === normal(b) || (isInSlug(a) && isInSlug(b) && slugOfName(visible(a)) === slugOfName(visible(b)))

const normal = (name: string): string => visible(name).normalize('NFKC').trim().toLowerCase()

/** Some scripts need invisible characters that join or part letters. They do not make a name different. */
const visible = (name: string): string => name.replaceAll(/[\u200c\u200d]/g, '')

/** Whether the slug of this name has all its letters and digits. That of a name in another script has none of them. */
function isInSlug(name: string): boolean {
  const letters = visible(name).normalize('NFKD').toLowerCase()
  return isWholeSlug(name) && /^[a-z0-9\s\p{P}\p{Z}\p{M}]*$/u.test(letters)
}

/** All projects of the org, because Postgres compares letters by the locale of its cluster. */
async function projectsOf(db: Db, org: OrgId): Promise<Array<NamedProject & { isArchived: boolean }>> {
  const rows = await db
    .selectFrom('projects')
    .select(['slug', 'name', 'archived_at'])
    .where('org_id', '=', org)
    .orderBy('created_at')
    .execute()
  return rows.map(({ slug, name, archived_at }) => ({ slug, name, isArchived: archived_at !== null }))
}

/** The names of the projects that open purchases make. Uses the index `open_orders_by_time`. */
async function projectsBeingMade(db: Db, org: OrgId) {
  const rows = await db
    .selectFrom('orders as o')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['o.operation_id as operation', 'p.input'])
    .where('o.org_id', '=', org)
    .where('o.closed_at', 'is', null)
    .where('o.cancelled_at', 'is', null)
    .where('p.status', 'in', ['running', 'waiting_for_you'])
    .orderBy('o.id')
    .execute()
  return rows.flatMap(({ operation, input }) => {
    const { new_project } = input as { new_project?: { name: string } }
    return new_project ? [{ operation, name: new_project.name }] : []
  })
}
