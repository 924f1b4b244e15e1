import { DomainError } from '#kernel/errors'
import type { OrgRole } from '../../platform/tables.ts'

export class NotAllowed extends DomainError {
  constructor(role: OrgRole, org: string, permission: string, roles: readonly OrgRole[]) {
    super(
      'not_allowed',
      'not_allowed',
      `The role ${role} in ${org} may not do this (${permission.replaceAll('_', ' ')}).`,
      `Ask a member with one of these roles to do it: ${roles.join(', ')}.`,
    )
  }
}

export class OrgNotFound extends DomainError {
  constructor(org: string) {
    super(
      'not_found',
      'org_not_found',
      `There is no org ${org} that you belong to.`,
      'Call list_orgs.',
      'org',
    )
  }
}

export class ActiveOrgLost extends DomainError {
  constructor() {
    super(
      'not_allowed',
      'active_org_lost',
      'You are no longer a member of the active org of this connection.',
      'Call list_orgs, then set_active_org or pass org.',
    )
  }
}
