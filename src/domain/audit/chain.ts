import type { CustomerId, OrgId } from '#kernel/ids'

/** One chain per org, one per customer, and one for the platform. */
export type Chain = `org:${OrgId}` | `customer:${CustomerId}` | 'platform'
