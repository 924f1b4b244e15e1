import type { FastifyRequest } from 'fastify'
import { assertMay, type OrgAccess, type Permission } from '#domain/orgs'
import type { OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { noteOrg } from '../audit-refusals.ts'
import { ownOrg } from '../visitor-orgs.ts'

export const ORDERS = '/account/orders'
export const BILLING = '/account/billing'
export const ORDERS_CRUMB = { href: ORDERS, text: 'Orders' }

export interface OrdersOptions {
  db: Db
  now: () => Date
  /** In which vendors may sell. */
  currencies: readonly string[]
  log: Logger
}

/**
 * The visitor's access to an org, or undefined when they are no member: then what belongs to it is not found. Refuses
 * `not_allowed`.
 */
export function accessTo(
  request: FastifyRequest,
  id: OrgId | undefined,
  permission: Permission,
): OrgAccess | undefined {
  const org = ownOrg(request, id)
  if (!org) return undefined
  noteOrg(request, org)
  assertMay(org, permission)
  return org
}
