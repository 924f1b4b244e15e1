import { may, mayGrant } from '#domain/orgs'
import type { OrgRole } from '../../platform/tables.ts'

/** Whether a member with the first role may invite somebody with the second one. Undefined: is no member. */
export const maySend = (own: OrgRole | undefined, role: OrgRole): boolean =>
  own !== undefined && may(own, 'manage_members') && mayGrant(own, role)
