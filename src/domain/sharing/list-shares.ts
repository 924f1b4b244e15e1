import { sql } from 'kysely'
import type { OrgId, ProjectId, ShareId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { GuestRole } from '../../platform/tables.ts'

export interface ListedShare {
  id: ShareId
  /** The present address of a guest who has access, by which `shareProject` finds the share; else the one that got the link. */
  email: string
  /** The name of the guest. Undefined until they accept. */
  name: string | undefined
  role: GuestRole
  /** `link_expired`: nobody accepted in time. `expired`: the access has ended by itself. */
  state: 'pending' | 'link_expired' | 'active' | 'expired'
  /** The name of the person who shared it. */
  sharedBy: string
  createdAt: Date
  /** When the access ends by itself. */
  until: Date | undefined
  linkUntil: Date
}

/** The shares of a project that nobody has ended, newest first, beginning after `after`. */
export async function listShares(
  db: Db,
  wanted: { org: OrgId; project: ProjectId; limit: number; after?: ShareId | undefined; at: Date },
): Promise<ListedShare[]> {
  const { org, project, limit, after, at } = wanted
  const rows = await db
    .selectFrom('project_shares as s')
    .innerJoin('customers as b', 'b.id', 's.shared_by')
    .leftJoin('customers as g', 'g.id', 's.customer_id')
    .select([
      's.id',
      addressAt(at).as('email'),
      's.role',
      's.created_at',
      's.expires_at',
      's.link_expires_at',
    ])
    .select(['s.accepted_at', 'b.display_name as shared_by', 'g.display_name as guest'])
    .where('s.org_id', '=', org)
    .where('s.project_id', '=', project)
    .where('s.ended_at', 'is', null)
    .$if(after !== undefined, (query) => query.where('s.id', '<', after ?? 'shr_'))
    .orderBy('s.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    name: row.guest ?? undefined,
    role: row.role,
    state: stateAt(row, at),
    sharedBy: row.shared_by,
    createdAt: row.created_at,
    until: row.expires_at ?? undefined,
    linkUntil: row.link_expires_at,
  }))
}

/** Of a share `s` whose guest, if any, is `g`. An org sees a guest's present address only while the guest has access. */
export const addressAt = (at: Date) => sql<string>`case
  when s.customer_id is not null and s.ended_at is null and (s.expires_at is null or s.expires_at > ${at}) then g.email_norm
  else s.email_norm end`

function stateAt(
  row: { accepted_at: Date | null; expires_at: Date | null; link_expires_at: Date },
  at: Date,
): ListedShare['state'] {
  if (row.expires_at && row.expires_at <= at) return 'expired'
  if (row.accepted_at) return 'active'
  return row.link_expires_at <= at ? 'link_expired' : 'pending'
}
