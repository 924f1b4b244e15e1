import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { OrgRole } from '../../platform/tables.ts'
import { NotAllowed } from './errors.ts'

/** A permission of a role. `any`: every member has it. */
export type Permission = keyof typeof MAY
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

const EVERYONE: readonly OrgRole[] = ['owner', 'admin', 'developer', 'billing', 'viewer']
const MAY = {
  any: EVERYONE,
  see: EVERYONE,
  manage_projects: ['owner', 'admin', 'developer'],
  activate_licences: ['owner', 'admin', 'developer'],
  manage_project_tokens: ['owner', 'admin', 'developer'],
  fill_cart: ['owner', 'admin', 'developer', 'billing'],
  // developers may buy once there are spend policies
  buy: ['owner', 'admin', 'billing'],
  stop_spending: ['owner', 'admin', 'billing'],
  // the operations of other members; everybody may stop their own
  stop_operations: ['owner', 'admin'],
  see_orders: ['owner', 'admin', 'developer', 'billing'],
  // to whom invoices are made out
  manage_billing_details: ['owner', 'admin', 'billing'],
  publish: ['owner', 'admin', 'developer'],
  manage_git: ['owner', 'admin'],
  // texts, prices and visibility; developers only publish
  manage_packages: ['owner', 'admin'],
  manage_vendors: ['owner', 'admin'],
  see_vendors: ['owner', 'admin', 'developer', 'billing'],
  see_sales: ['owner', 'admin', 'billing'],
  manage_members: ['owner', 'admin'],
  // rename, hand over, delete: only in the browser
  own_org: ['owner'],
  share_projects: ['owner', 'admin'],
  see_audit_log: ['owner', 'admin', 'billing'],
} as const satisfies Record<string, readonly OrgRole[]>

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
