import { CodedError } from '#kernel/errors'
import type { OrgRole } from '../../platform/tables.ts'
import type { Permission } from './permissions.ts'

export class NotAllowed extends CodedError<'not_allowed'> {
  readonly role: OrgRole
  /** Its slug. */
  readonly org: string
  readonly permission: Permission

  /** `roles`: the roles with the permission. `instead`: what the role may do towards it. */
  constructor(
    role: OrgRole,
    org: string,
    permission: Permission,
    roles: readonly OrgRole[],
    instead?: string,
  ) {
    const fact = `The role ${role} in ${org} may not do this (${permission.replaceAll('_', ' ')}).`
    super('not_allowed', 'not_allowed', fact, { params: { roles, ...(instead && { instead }) } })
    this.role = role
    this.org = org
    this.permission = permission
  }
}

/** A guest of one project asks for more than was shared. `roles`: the roles of members with the permission. */
export class NotForGuests extends CodedError<'not_allowed'> {
  /** Its slug. */
  readonly org: string
  readonly permission: Permission

  constructor(org: string, permission: Permission, roles: readonly OrgRole[]) {
    const fact = `A guest of ${org} may not do this (${permission.replaceAll('_', ' ')}).`
    super('not_allowed', 'not_allowed', fact, { params: { roles } })
    this.org = org
    this.permission = permission
  }
}

export class OrgNotFound extends CodedError<'org_not_found'> {
  constructor(org: string) {
    super('not_found', 'org_not_found', `There is no org ${org} that you belong to.`, { field: 'org' })
  }
}

export class ActiveOrgLost extends CodedError<'active_org_lost'> {
  constructor() {
    const fact = 'You are no longer a member of the active org of this connection.'
    super('not_allowed', 'active_org_lost', fact)
  }
}
