import { sql } from 'kysely'
import { isId, type ConnectionId, type CustomerId } from '#kernel/ids'
import type { OrgAccess, Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { ConnectionNotFound } from './errors.ts'
import { shownName } from './shown-name.ts'

/** A live connection, for its own person. It has no token and no hash of one. */
export interface OwnConnection {
  id: ConnectionId
  /** The name that the client gave itself. */
  clientName: string
  /** The host of its metadata document. Undefined: nobody has verified the name. */
  clientHost: string | undefined
  /** The host or the scheme to which it sends a person back after the consent. */
  redirectHost: string | undefined
  /** The name that the person gave it. */
  label: string | undefined
  /** Its active org with the person's role. Undefined when the person is neither a member nor a guest of it any more. */
  org: ActiveOrg | undefined
  scopes: Scope[]
  connectedAt: Date
  lastUsedAt: Date | undefined
}

interface ActiveOrg extends Pick<OrgAccess, 'id' | 'slug' | 'name'> {
  role: OrgAccess['role'] | 'guest'
}

/** The most that a page shows. */
const MOST = 200

/**
 * The connections of a person that can be used, newest first; with `after`, those that are older. Uses the index
 * `connections_by_customer`.
 */
export async function ownConnections(
  db: Db,
  customer: CustomerId,
  { limit = MOST, after }: { limit?: number; after?: ConnectionId | undefined } = {},
): Promise<OwnConnection[]> {
  const rows = await liveConnections(db, customer)
    .$if(after !== undefined, (query) => query.where('c.id', '<', after ?? 'con_'))
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(asOwn)
}

/** How many older connections of an application the consent page offers to end. */
const MOST_OLDER = 20

/**
 * The live connections of a person to the same application, newest first. An application that registers again gets a new
 * id, so one without a verified host is also recognised by its name and by where it sends a person back.
 */
export async function connectionsLike(
  db: Db,
  customer: CustomerId,
  like: { clientId: string; clientName: string; redirectHost: string | undefined },
): Promise<OwnConnection[]> {
  const rows = await liveConnections(db, customer)
    .where((is) =>
      is.or([
        is('c.client_id', '=', like.clientId),
        is.and([
          is('c.client_host', 'is', null),
          is('c.client_name', '=', shownName(like.clientName)),
          is('c.redirect_host', 'is not distinct from', like.redirectHost ?? null),
        ]),
      ]),
    )
    .orderBy('c.id', 'desc')
    .limit(MOST_OLDER)
    .execute()
  return rows.map(asOwn)
}

/**
 * One connection of a person. Refuses `connection_not_found`, also for one that has ended or belongs to somebody else.
 */
export async function ownConnection(
  db: Db,
  { id, by }: { id: string; by: CustomerId },
): Promise<OwnConnection> {
  if (!isId('con', id)) throw new ConnectionNotFound()
  const row = await liveConnections(db, by).where('c.id', '=', id).executeTakeFirst()
  if (!row) throw new ConnectionNotFound()
  return asOwn(row)
}

/** Returns which of these connections have to end their streams: they were revoked, or their person is disabled. */
export async function endedConnections(db: Db, ids: readonly ConnectionId[]): Promise<ConnectionId[]> {
  if (!ids.length) return []
  const rows = await db
    .selectFrom('connections as c')
    .innerJoin('customers as u', 'u.id', 'c.customer_id')
    .select('c.id')
    .where('c.id', 'in', ids)
    .where((where) =>
      where.or([where('c.revoked_at', 'is not', null), where('u.disabled_at', 'is not', null)]),
    )
    .execute()
  return rows.map(({ id }) => id)
}

function liveConnections(db: Db, customer: CustomerId) {
  return (
    db
      .selectFrom('connections as c')
      .leftJoin('org_members as m', (on) =>
        on.onRef('m.org_id', '=', 'c.active_org_id').onRef('m.customer_id', '=', 'c.customer_id'),
      )
      .leftJoin('orgs as o', (on) => on.onRef('o.id', '=', 'c.active_org_id').on('o.deleted_at', 'is', null))
      .select(['c.id', 'c.client_name', 'c.client_host', 'c.redirect_host', 'c.label', 'c.scopes'])
      .select(['c.created_at', 'c.last_used_at', 'o.id as org_id', 'o.slug', 'o.name', 'm.role'])
      .select(
        sql<boolean>`exists (select from project_guests g
          where g.org_id = c.active_org_id and g.customer_id = c.customer_id)`.as('is_guest'),
      )
      .where('c.customer_id', '=', customer)
      .where('c.revoked_at', 'is', null)
      // a connection counts only after its client has got the first token
      .where('c.activated_at', 'is not', null)
  )
}

type Row = Awaited<ReturnType<ReturnType<typeof liveConnections>['executeTakeFirstOrThrow']>>

function asOwn({ org_id: id, slug, name, ...row }: Row): OwnConnection {
  const role = row.role ?? (row.is_guest ? 'guest' : undefined)
  return {
    id: row.id,
    clientName: row.client_name,
    clientHost: row.client_host ?? undefined,
    redirectHost: row.redirect_host ?? undefined,
    label: row.label ?? undefined,
    org: id && slug && name && role ? { id, slug, name, role } : undefined,
    scopes: row.scopes as Scope[],
    connectedAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }
}

/** Id → the name that the client gave itself, also of ended connections. */
export async function namesOfConnections(
  db: Db,
  ids: readonly ConnectionId[],
): Promise<Map<ConnectionId, string>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('connections')
    .select(['id', 'client_name'])
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map(({ id, client_name }) => [id, client_name]))
}
