import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { Access, Caller, GuestAccess, Scope } from '#domain/orgs'
import { compiledOnce } from '../../platform/compiled-queries.ts'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import { hashOfToken, isAccessToken } from './access-token.ts'

export interface Authenticated {
  caller: Caller & { connection: ConnectionId }
  clientId: string
  /** When the person granted the connection. */
  connectedAt: Date
  person: { displayName: string; email: string }
  /** The resource that the token was minted for. The door has to compare it. */
  audience: string
  expiresAt: Date
  /** The connection's active org with the current role. Undefined for who is neither a member nor a guest of it any more. */
  activeOrg: Access | undefined
}

/**
 * Finds the caller of a token. Uses one statement on the primary without a cache, so that a revoked connection, a
 * disabled customer or a changed role takes effect at the next call. Returns undefined for a token that is unknown,
 * expired or revoked. It does not read whether the client is blocked, because a block ends its connections.
 */
export async function authenticate(db: Db, token: string): Promise<Authenticated | undefined> {
  const row = isAccessToken(token) ? await bearerOf(db, hashOfToken(token)) : undefined
  if (!row) return undefined
  return {
    caller: {
      customer: row.customer_id,
      connection: row.connection_id,
      clientName: row.client_name,
      scopes: row.token_scopes ? row.scopes.filter((scope) => row.token_scopes?.includes(scope)) : row.scopes,
    },
    clientId: row.client_id,
    connectedAt: row.connected_at,
    person: { displayName: row.display_name, email: row.email_norm },
    audience: row.aud,
    expiresAt: row.expires_at,
    activeOrg: activeOrgOf(row),
  }
}

function activeOrgOf({ org_id: id, slug, name, role, shared }: Bearer): Access | undefined {
  if (!id || !slug || !name) return undefined
  if (role) return { id, slug, name, role }
  return shared ? { guestOf: id, slug, name, shared } : undefined
}

interface Bearer {
  aud: string
  token_scopes: Scope[] | null
  expires_at: Date
  connection_id: ConnectionId
  client_id: string
  client_name: string
  connected_at: Date
  scopes: Scope[]
  customer_id: CustomerId
  display_name: string
  email_norm: string
  org_id: OrgId | null
  slug: string | null
  name: string | null
  role: OrgRole | null
  /** Only without a role: the projects of which they are a guest. */
  shared: GuestAccess['shared'] | null
}

const bearers = compiledOnce((db, { hash }: { hash: Buffer }) => ({
  compile: () =>
    sql<Bearer>`
    select t.aud, t.scopes as token_scopes, t.expires_at, c.id as connection_id, c.client_id, c.client_name, c.scopes,
           c.created_at as connected_at, u.id as customer_id, u.display_name, u.email_norm, o.id as org_id, o.slug, o.name, m.role,
           case when m.role is null then (
             select json_agg(json_build_object('project', g.project_id, 'role', g.role))
               from project_guests g where g.org_id = o.id and g.customer_id = u.id) end as shared
      from access_tokens t
      join connections c on c.id = t.connection_id and c.revoked_at is null
      join customers u on u.id = c.customer_id and u.disabled_at is null
      left join orgs o on o.id = c.active_org_id and o.deleted_at is null
      left join org_members m on m.org_id = o.id and m.customer_id = u.id
     where t.token_hash = ${hash} and t.expires_at > now()`.compile(db),
}))

const bearerOf = async (db: Db, hash: Buffer): Promise<Bearer | undefined> => (await bearers(db, { hash }))[0]
