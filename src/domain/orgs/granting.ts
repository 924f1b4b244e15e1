import type { OrgRole } from '../../platform/tables.ts'

const RANK: Record<OrgRole, number> = { owner: 2, admin: 1, developer: 0, billing: 0, viewer: 0 }

/** The roles from the most to the least that they may do. */
export const ORG_ROLES: readonly OrgRole[] = ['owner', 'admin', 'developer', 'billing', 'viewer']

/** Whether a member with the first role may give or take the second one: it is at or below their own. */
export const mayGrant = (own: OrgRole, role: OrgRole): boolean => RANK[role] <= RANK[own]

/** The roles that a member with this role may give. */
export const grantableBy = (own: OrgRole): OrgRole[] => ORG_ROLES.filter((role) => mayGrant(own, role))
