import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { OrgRole } from '../../platform/tables.ts'
import { NotAllowed } from './errors.ts'

/** Every permission that a role allows, so far; `any` needs membership only. */
export type Permission = keyof typeof MAY
export type Scope = 'read' | 'projects' | 'buy' | 'publish' | 'team'
export const SCOPES: readonly Scope[] = ['read', 'projects', 'buy', 'publish', 'team']

/** A signed-in person at a door, by session or by a connection's token. */
export interface Caller {
  customer: CustomerId
  /** Absent in the browser. */
  connection?: ConnectionId
  clientName?: string
  scopes: readonly Scope[]
}

/** An org as one caller may act in it; the role was read for this very call. */
export interface OrgAccess {
  id: OrgId
  slug: string
  name: string
  role: OrgRole
}

const EVERYONE: readonly OrgRole[] = ['owner', 'admin', 'developer', 'billing', 'viewer']
const MAY = {
  any: EVERYONE,
  see: EVERYONE,
  manage_projects: ['owner', 'admin', 'developer'],
  activate_licences: ['owner', 'admin', 'developer'],
  manage_project_tokens: ['owner', 'admin', 'developer'],
  fill_cart: ['owner', 'admin', 'developer', 'billing'],
  // developers join when spend policies exist
  buy: ['owner', 'admin', 'billing'],
  see_orders: ['owner', 'admin', 'developer', 'billing'],
  publish: ['owner', 'admin', 'developer'],
} as const satisfies Record<string, readonly OrgRole[]>

export function may(role: OrgRole, permission: Permission): boolean {
  const roles: readonly OrgRole[] = MAY[permission]
  return roles.includes(role)
}

/** Refuses `not_allowed`, naming the roles that may. */
export function assertMay(org: Pick<OrgAccess, 'slug' | 'role'>, permission: Permission): void {
  if (!may(org.role, permission)) throw new NotAllowed(org.role, org.slug, permission, MAY[permission])
}
