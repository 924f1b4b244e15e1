import type { OrgRole } from '../../platform/tables.ts'

/** A permission of a role. `any`: every member has it. */
export type Permission = keyof typeof MAY

const EVERYONE: readonly OrgRole[] = ['owner', 'admin', 'developer', 'billing', 'viewer']
/** The roles with each permission. */
export const MAY = {
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
