import { NotAllowed, NotForGuests, type Permission } from '#domain/orgs'
import type { DomainError } from '#kernel/errors'

const DEEDS: Record<Permission, string> = {
  any: 'do this',
  see: 'see this',
  manage_projects: 'set up and change projects',
  activate_licences: 'assign licences to projects',
  manage_project_tokens: 'make and revoke keys',
  fill_cart: 'use the cart',
  buy: 'buy',
  stop_spending: 'stop the purchases of assistants',
  stop_operations: 'stop what other members began',
  see_orders: 'see orders and invoices',
  manage_billing_details: 'change the billing details',
  publish: 'publish packages',
  manage_git: 'connect Git hosts',
  manage_packages: 'change texts, prices and visibility of packages',
  manage_vendors: 'apply as a vendor',
  see_vendors: 'see the vendors of the org',
  see_sales: 'see sales',
  manage_members: 'change the team',
  own_org: 'rename, hand over or delete the org',
  share_projects: 'share projects',
  see_audit_log: 'see the audit log',
}

/** Why a role does not suffice, to the person who has it. `nameOf`: the name of an org, by its slug. */
export function roleRefusal(error: DomainError, nameOf: (slug: string) => string): string | undefined {
  if (error instanceof NotAllowed) {
    const { org, role, permission } = error
    return `Your role in ${nameOf(org)} is ${role}. It does not allow you to ${DEEDS[permission]}.`
  }
  if (error instanceof NotForGuests) {
    const { org, permission } = error
    return `You are a guest of ${nameOf(org)}. As such you may not ${DEEDS[permission]}.`
  }
  return undefined
}

/** Such as `an owner, admin or billing member`. The first role is `owner`. */
export function oneOf(roles: readonly string[]): string {
  const words = roles.map((role) => (role === 'billing' ? 'billing member' : role))
  const last = words.at(-1) ?? 'owner'
  return words.length > 1 ? `an ${words.slice(0, -1).join(', ')} or ${last}` : `an ${last}`
}
