import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { OrgRole } from '../../platform/tables.ts'
import { NotAllowed } from './errors.ts'
import { MAY, type Permission } from './permissions.ts'

export type Scope = 'read' | 'projects' | 'buy' | 'publish' | 'team'
export const SCOPES: readonly Scope[] = ['read', 'projects', 'buy', 'publish', 'team']

/** The authenticated person of a request, by a session or by the token of a connection. */
export interface Caller {
  customer: CustomerId
  /** Absent in the browser. */
  connection?: ConnectionId
  clientName?: string
  /** The client's id. */
  client?: string
  /** The id of the request, as in the log. */
  request?: string
  scopes: readonly Scope[]
}

/** An org with the caller's role in it, read for the current call. */
export interface OrgAccess {
  id: OrgId
  slug: string
  name: string
  role: OrgRole
}

export function may(role: OrgRole, permission: Permission): boolean {
  const roles: readonly OrgRole[] = MAY[permission]
  return roles.includes(role)
}

export const rolesWith = (permission: Permission): readonly OrgRole[] => MAY[permission]

/** Refuses `not_allowed`. The refusal names the roles with the permission, and what the role may do instead of buying. */
export function assertMay(org: Pick<OrgAccess, 'slug' | 'role'>, permission: Permission): void {
  if (may(org.role, permission)) return
  const instead = permission === 'buy' && may(org.role, 'fill_cart') ? 'fill_cart' : undefined
  throw new NotAllowed(org.role, org.slug, permission, MAY[permission], instead)
}
