import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { isId, type LicenceId, type OrderId, type OrgId, type ProjectId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import { compiledOnce } from '../../platform/compiled-queries.ts'
import type { Db } from '../../platform/database.ts'
import type { DB, LicenceStatus, PriceModel } from '../../platform/tables.ts'
import { LicenceNotFound } from './errors.ts'
import type { PlaceInLicences } from './licence-places.ts'
import { END, stateAt } from './licence.ts'

export interface ListedLicence {
  id: LicenceId
  packageName: string
  edition: Edition
  model: PriceModel
  /** At `at`. */
  status: LicenceStatus
  /** Only for yearly licences: the end of the paid window. */
  validUntil: Date | undefined
  /** When it was paid. */
  activatedAt: Date | undefined
  slots: number
  freeSlots: number
  /** The projects on which it is active, ordered by slug. */
  projects: { id: ProjectId; slug: string; name: string }[]
}

export interface LicenceFilter {
  org: OrgId
  packageName?: string | undefined
  /** Only those that are in force and have a slot that nobody uses; those that end last come first. */
  withFreeSlot?: true | undefined
  /** Only those that give no new versions any more: expired, refunded or revoked. Those that ended last come first. */
  ended?: true | undefined
  /** Only those that are active on one of these projects. */
  onProjects?: readonly ProjectId[] | undefined
  /** Only those that are in force and end before then; those that end first come first. */
  endingBefore?: Date | undefined
  limit: number
  /** The last licence of the page before. */
  after?: PlaceInLicences | undefined
  at: Date
}

/**
 * An org's licences that are paid, newest first. Uses the indexes `licences_newest`, `licences_of_package`,
 * `licences_by_end_of_state` and `licences_with_free_slot`.
 */
export async function listLicences(db: Db, { after, ...filter }: LicenceFilter): Promise<ListedLicence[]> {
  const rows = await licenceRows(db, { ...filter, afterId: after?.id, afterUntil: after?.until })
  return rows.map((row) => ({
    id: row.id,
    packageName: row.name,
    edition: row.edition,
    model: row.model,
    status: row.status,
    validUntil: row.valid_until ?? undefined,
    activatedAt: row.activated_at ?? undefined,
    slots: row.slots,
    freeSlots: freeSlotsOf(row.status, row.slots - row.taken.length),
    projects: row.taken.flatMap(({ id, slug, name }) => (id && slug && name ? [{ id, slug, name }] : [])),
  }))
}

/** Each value is one of its own, as `compiledOnce` wants it. */
type RowsWanted = Omit<LicenceFilter, 'after'> & {
  afterId: LicenceId | undefined
  afterUntil: PlaceInLicences['until'] | undefined
}

// conditions on the columns, because the planner cannot estimate those on `licence_state`
const licenceRows = compiledOnce((db, wanted: RowsWanted) => {
  const { org, packageName, withFreeSlot, ended, onProjects, endingBefore: end, limit, at } = wanted
  const sort = sortOf(wanted)
  const direction = sort === 'first_end' ? 'asc' : 'desc'
  return (
    db
      .selectFrom('licences as l')
      .innerJoin('packages as p', 'p.id', 'l.package_id')
      .select(['l.id', 'p.name', 'l.edition', 'l.model', 'l.valid_until', 'l.slots', 'l.activated_at'])
      .select((of) => [stateAt(at).as('status'), takenSlots(of).as('taken')])
      .where('l.org_id', '=', org)
      .where('l.status', '<>', 'reserved')
      // a package that is known before, so that the rows are read in order from the index
      .$if(packageName !== undefined, (query) =>
        query.where('l.package_id', '=', (of) =>
          of
            .selectFrom('packages as w')
            .select('w.id')
            .where('w.name', '=', packageName ?? ''),
        ),
      )
      // as the index says it
      .$if(withFreeSlot !== undefined, (query) =>
        query.where(sql<boolean>`l.status = 'active' and l.taken_slots < l.slots and ${END} > ${at}`),
      )
      .$if(ended !== undefined, (query) => query.where(sql<boolean>`${END} <= ${at}`))
      .$if(end !== undefined, (query) =>
        query.where(sql<boolean>`l.status = 'active' and ${END} > ${at} and ${END} < ${end}`),
      )
      .$if(onProjects !== undefined, (query) =>
        query.where((of) => of.exists(activeOn(of, onProjects ?? []))),
      )
      .$if(wanted.afterId !== undefined, (query) => query.where(isBehind(sort, wanted)))
      .$if(sort !== 'newest', (query) => query.orderBy(END, direction))
      .orderBy('l.id', direction)
      .limit(limit)
  )
})

type Sort = 'newest' | 'first_end' | 'last_end'

function sortOf({ endingBefore, withFreeSlot, ended }: RowsWanted): Sort {
  if (endingBefore !== undefined) return 'first_end'
  return withFreeSlot !== undefined || ended !== undefined ? 'last_end' : 'newest'
}

function isBehind(sort: Sort, { afterUntil, afterId }: RowsWanted): RawBuilder<boolean> {
  if (sort === 'newest') return sql`l.id < ${afterId}`
  const [place, last] = [sql`(${END}, l.id)`, sql`(${afterUntil}, ${afterId})`]
  return sort === 'first_end' ? sql`${place} > ${last}` : sql`${place} < ${last}`
}

export interface LicenceDetails extends Omit<ListedLicence, 'projects'> {
  createdAt: Date
  order: OrderId
  activations: { project: ProjectId; slug: string; name: string; isArchived: boolean; since: Date }[]
}

/** The org of a licence. Does not check access; the caller has to. */
export async function orgOfLicence(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('lic', id)) return undefined
  const row = await db.selectFrom('licences').select('org_id').where('id', '=', id).executeTakeFirst()
  return row?.org_id
}

/** One licence of an org, even if it is not paid yet. Refuses `licence_not_found`, also for another org's licence. */
export async function findLicence(
  db: Db,
  { org, id, at }: { org: OrgId; id: string; at: Date },
): Promise<LicenceDetails> {
  const row = isId('lic', id) && (await licenceWithOrder(db, { org, id, at }))
  if (!row) throw new LicenceNotFound()
  const slots = await db
    .selectFrom('activations as a')
    .leftJoin('projects as j', 'j.id', 'a.project_id')
    .select(['j.id', 'j.slug', 'j.name', 'j.archived_at', 'a.activated_at'])
    .where('a.licence_id', '=', id)
    .where('a.deactivated_at', 'is', null)
    .orderBy('a.slot')
    .execute()
  return {
    id,
    packageName: row.name,
    edition: row.edition,
    model: row.model,
    status: row.status,
    validUntil: row.valid_until ?? undefined,
    activatedAt: row.activated_at ?? undefined,
    slots: row.slots,
    freeSlots: freeSlotsOf(row.status, row.slots - slots.length),
    createdAt: row.created_at,
    order: row.order_id,
    activations: slots.flatMap(({ id: project, slug, name, archived_at, activated_at: since }) =>
      project && slug && name && since
        ? [{ project, slug, name, isArchived: archived_at !== null, since }]
        : [],
    ),
  }
}

/** A licence that has ended cannot be activated any more, so its slots are not free. */
const freeSlotsOf = (status: LicenceStatus, left: number): number =>
  ['expired', 'refunded', 'revoked'].includes(status) ? 0 : left

const licenceWithOrder = (db: Db, { org, id, at }: { org: OrgId; id: LicenceId; at: Date }) =>
  db
    .selectFrom('licences as l')
    .innerJoin('packages as p', 'p.id', 'l.package_id')
    .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
    .innerJoin('order_lines as n', 'n.id', 'i.line_id')
    .select(['l.edition', 'l.model', 'l.valid_until', 'l.slots', 'l.created_at', 'l.activated_at'])
    .select(['p.name', 'n.order_id', stateAt(at).as('status')])
    .where('l.org_id', '=', org)
    .where('l.id', '=', id)
    .executeTakeFirst()

/** The taken slots of a licence. A reserved slot has no project yet. Uses the index `activations_one_per_slot`. */
const takenSlots = (of: ExpressionBuilder<DB & { l: DB['licences'] }, 'l'>) =>
  jsonArrayFrom(
    of
      .selectFrom('activations as a')
      .leftJoin('projects as j', (on) =>
        on.onRef('j.id', '=', 'a.project_id').on(sql<boolean>`a.activated_at is not null`),
      )
      .select(['j.id', 'j.slug', 'j.name'])
      .whereRef('a.licence_id', '=', 'l.id')
      .where('a.deactivated_at', 'is', null)
      .orderBy('j.slug'),
  )

const activeOn = (of: ExpressionBuilder<DB & { l: DB['licences'] }, 'l'>, projects: readonly ProjectId[]) =>
  of
    .selectFrom('activations as a')
    .select('a.id')
    .whereRef('a.licence_id', '=', 'l.id')
    .where(sql<boolean>`a.project_id = any (${projects}::text[])`)
    .where('a.activated_at', 'is not', null)
    .where('a.deactivated_at', 'is', null)

/** The status of these licences of an org at `at`. A licence that does not exist is missing from the map. */
export async function licenceStates(
  db: Db,
  { org, ids, at }: { org: OrgId; ids: readonly LicenceId[]; at: Date },
): Promise<Map<LicenceId, LicenceStatus>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('licences as l')
    .select(['l.id', stateAt(at).as('status')])
    .where('l.org_id', '=', org)
    .where('l.id', 'in', ids)
    .execute()
  return new Map(rows.map(({ id, status }) => [id, status]))
}

/** Whether an org has a licence that cost something and is in force at `at`, reserved, or suspended by a dispute. */
export async function hasPaidLicence(db: Db, { org, at }: { org: OrgId; at: Date }): Promise<boolean> {
  const found = await db
    .selectFrom('licences as l')
    .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
    .select('l.id')
    .where('l.org_id', '=', org)
    .where('i.price_amount', '>', 0)
    .where(sql<boolean>`licence_state(l.status, l.valid_until, ${at}) in ('active', 'suspended', 'reserved')`)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
