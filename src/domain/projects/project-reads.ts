import { sql, type SqlBool } from 'kysely'
import type { OrgId, ProjectId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'

export interface ListedProject {
  id: ProjectId
  slug: string
  name: string
  edition: Edition
  productionDomain: string | undefined
  /** Names of the packages activated on it, in order. */
  packages: string[]
  createdAt: Date
  /** For how many days new versions are held back. 0: they are not. */
  cooldownDays: number
}

export interface ProjectFilter {
  limit: number
  /** A slug. */
  after?: string | undefined
  /** Only slugs that contain this; those that begin with it come first. Without `after`. */
  containing?: string | undefined
  /** In the name, the slug or the domain, in any case. */
  search?: string | undefined
  /** Only archived ones. Default: only those in use. */
  isArchived?: boolean | undefined
}

/**
 * An org's projects, ordered by slug, beginning after the slug `after`. `only`: those of these that belong to the org.
 * Uses the indexes `projects_in_use` and `projects_archived`.
 */
export async function listProjects(
  db: Db,
  filter: ProjectFilter & { org: OrgId; only?: readonly ProjectId[] | undefined },
): Promise<ListedProject[]> {
  const { org, limit, after, containing = '', search, isArchived = false, only } = filter
  const rows = await db
    .selectFrom('projects')
    .select(['id', 'slug', 'name', 'edition', 'production_domain', 'created_at', 'cooldown_days'])
    .where('org_id', '=', org)
    .where('archived_at', isArchived ? 'is not' : 'is', null)
    .$if(only !== undefined, (query) => query.where(sql<SqlBool>`id = any (${only ?? []}::text[])`))
    .$if(search !== undefined, (query) =>
      query.where(sql<SqlBool>`searched_text like lower(${pattern(search ?? '')})`),
    )
    .$if(after !== undefined, (query) => query.where('slug', '>', after ?? ''))
    .$if(containing !== '', (query) =>
      query
        .where(sql<SqlBool>`strpos(slug, ${containing}) > 0`)
        .orderBy(sql`starts_with(slug, ${containing})`, 'desc'),
    )
    .orderBy('slug')
    .limit(limit)
    .execute()
  const packages = await packagesOn(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    edition: row.edition,
    productionDomain: row.production_domain ?? undefined,
    packages: packages.filter(({ project }) => project === row.id).map(({ name }) => name),
    createdAt: row.created_at,
    cooldownDays: row.cooldown_days,
  }))
}

const pattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`

/** What can be changed of a project, and when it was made. */
export async function projectDetails(
  db: Db,
  project: ProjectId,
): Promise<Pick<ListedProject, 'name' | 'edition' | 'productionDomain' | 'createdAt'>> {
  const { name, edition, production_domain, created_at } = await db
    .selectFrom('projects')
    .select(['name', 'edition', 'production_domain', 'created_at'])
    .where('id', '=', project)
    .executeTakeFirstOrThrow()
  return { name, edition, productionDomain: production_domain ?? undefined, createdAt: created_at }
}

export interface ProjectAccess {
  /** Names of the packages that its licences cover, in order. */
  packages: string[]
  /** Its valid tokens, newest first, without private keys. */
  tokens: { label: string; publicKey: string; createdAt: Date; lastUsedAt: Date | undefined }[]
}

/** The packages that a project may install, and its valid tokens, at `at`. */
export async function projectAccess(
  db: Db,
  { project, at }: { project: ProjectId; at: Date },
): Promise<ProjectAccess> {
  const tokens = await db
    .selectFrom('project_tokens')
    .select(['label', 'public_key', 'created_at', 'last_used_at'])
    .where('project_id', '=', project)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    .orderBy('id', 'desc')
    .limit(20)
    .execute()
  return {
    packages: await packagesGrantedTo(db, project),
    tokens: tokens.map((token) => ({
      label: token.label,
      publicKey: token.public_key,
      createdAt: token.created_at,
      lastUsedAt: token.last_used_at ?? undefined,
    })),
  }
}

/** Leaves out packages with a suspended licence, because Composer could not install them. */
export async function packagesGrantedTo(db: Db, project: ProjectId): Promise<string[]> {
  const rows = await db
    .selectFrom('licence_grants as g')
    .innerJoin('packages as p', 'p.id', 'g.package_id')
    .select('p.name')
    .where('g.project_id', '=', project)
    .orderBy('p.name')
    .execute()
  return rows.map(({ name }) => name)
}

/** Uses the index `activations_one_per_project`. */
async function packagesOn(db: Db, projects: readonly ProjectId[]) {
  if (!projects.length) return []
  return db
    .selectFrom('activations as a')
    .innerJoin('packages as p', 'p.id', 'a.package_id')
    .select(['a.project_id as project', 'p.name'])
    .where('a.project_id', 'in', projects)
    .where('a.activated_at', 'is not', null)
    .where('a.deactivated_at', 'is', null)
    .orderBy('p.name')
    .execute()
}

export interface OrgHoldings {
  org: OrgId
  projects: number
  licences: number
  orders: number
}

/**
 * Counts for each org at `at`: projects that are not archived, licences in force, and orders with lines that are not
 * cancelled. Uses one statement for all orgs.
 */
export async function holdingsOfOrgs(
  db: Db,
  { orgs, at }: { orgs: readonly OrgId[]; at: Date },
): Promise<OrgHoldings[]> {
  if (!orgs.length) return []
  return db
    .selectFrom('orgs as o')
    .select('o.id as org')
    .select((of) => [
      of
        .selectFrom('projects as p')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('p.org_id', '=', 'o.id')
        .where('p.archived_at', 'is', null)
        .$asScalar()
        .$notNull()
        .as('projects'),
      of
        .selectFrom('licences as l')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('l.org_id', '=', 'o.id')
        .where(sql<boolean>`licence_state(l.status, l.valid_until, ${at}) = 'active'`)
        .$asScalar()
        .$notNull()
        .as('licences'),
      of
        .selectFrom('orders as d')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('d.org_id', '=', 'o.id')
        .where('d.cancelled_at', 'is', null)
        .where((where) =>
          where.exists(
            where.selectFrom('order_lines as n').select('n.id').whereRef('n.order_id', '=', 'd.id'),
          ),
        )
        .$asScalar()
        .$notNull()
        .as('orders'),
    ])
    .where('o.id', 'in', orgs)
    .execute()
}
