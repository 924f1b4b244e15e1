import type { OrgId, ProjectId } from '#kernel/ids'
import type { GuestRole } from '../../platform/tables.ts'
import { assertMay, may, type OrgAccess, rolesWith } from './access.ts'
import { NotForGuests } from './errors.ts'
import type { Permission } from './permissions.ts'

/** The permissions that a guest may have on the project that was shared with them. */
export type GuestPermission = keyof typeof GUESTS_MAY

const GUESTS_MAY = {
  see: ['developer', 'viewer'],
  manage_project_tokens: ['developer'],
} as const satisfies Partial<Record<Permission, readonly GuestRole[]>>

/**
 * Somebody who is no member of the org, and with whom some of its projects are shared, read for the current call. It has
 * neither `id` nor `role`, so that code written for members does not compile with it.
 */
export interface GuestAccess {
  guestOf: OrgId
  slug: string
  name: string
  shared: readonly SharedProject[]
}

export interface SharedProject {
  project: ProjectId
  role: GuestRole
}

/** With the names of its projects, to show them. */
export interface GuestOrg extends GuestAccess {
  shared: readonly (SharedProject & { slug: string; name: string })[]
}

/** A member or a guest. */
export type Access = OrgAccess | GuestAccess

export const isGuest = (access: Access): access is GuestAccess => 'shared' in access

/** The role as people read it. */
export const roleIn = (access: Access): string => (isGuest(access) ? 'guest' : access.role)

/** For a query that also names the projects, for the audit log and for cursors. */
export const orgIdOf = (access: Access): OrgId => (isGuest(access) ? access.guestOf : access.id)

export const guestRolesWith = (permission: GuestPermission): readonly GuestRole[] => GUESTS_MAY[permission]

export const guestMay = (role: GuestRole, permission: GuestPermission): boolean =>
  guestRolesWith(permission).includes(role)

/** Whether a caller has a permission on one project of the org. */
export const mayOn = (access: Access, permission: GuestPermission, project: ProjectId): boolean =>
  isGuest(access)
    ? access.shared.some((each) => each.project === project && guestMay(each.role, permission))
    : may(access.role, permission)

/** Refuses `not_allowed`. Only for a project that the caller sees: another one is not found. */
export function assertMayOn(access: Access, permission: GuestPermission, project: ProjectId): void {
  if (!isGuest(access)) assertMay(access, permission)
  else if (!mayOn(access, permission, project))
    throw new NotForGuests(access.slug, permission, rolesWith(permission))
}

/** The projects of the org that a caller sees. Undefined: all, also those to come. */
export const seenProjects = (access: Access): readonly ProjectId[] | undefined =>
  isGuest(access) ? access.shared.map(({ project }) => project) : undefined

/** What a tool or a page needs. Only one that names guests lets them in, and only with a permission that they may have. */
export type Need = { permission: Permission; guests?: never } | { permission: GuestPermission; guests: true }

/** Whether a caller may do this in the org at all. */
export const mayUse = (access: Access, need: Need): boolean =>
  isGuest(access)
    ? need.guests === true && access.shared.some(({ role }) => guestMay(role, need.permission))
    : may(access.role, need.permission)

/** Refuses `not_allowed` when a caller may not do this in the org at all. */
export function assertMayUse(access: Access, need: Need): void {
  if (!isGuest(access)) assertMay(access, need.permission)
  else if (!mayUse(access, need))
    throw new NotForGuests(access.slug, need.permission, rolesWith(need.permission))
}

/** The access of a member who has a permission. Refuses `not_allowed`, guests too. */
export function memberWith(access: Access, permission: Permission): OrgAccess {
  assertMayUse(access, { permission })
  if (isGuest(access)) throw new NotForGuests(access.slug, permission, rolesWith(permission))
  return access
}
