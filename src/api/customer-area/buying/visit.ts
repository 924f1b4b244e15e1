import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Operations } from '#domain/operations'
import { type Caller, type OrgAccess, orgForCustomer, SCOPES } from '#domain/orgs'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { noteOrg } from '../audit-refusals.ts'
import { signedIn } from '../session.ts'

export interface BuyingOptions {
  db: Db
  operations: Operations
  secrets: Secrets
  now: () => Date
}

/** A signed-in person and the org for which they act. */
export interface Acting {
  org: OrgAccess
  caller: Caller
}

const orgField = z.object({ org: z.string().max(100).catch('') })

/**
 * The person who sent a form, and the org that the form names: the org in which they work may be another one by now.
 * Without a session, sends a response and returns undefined. Refuses `org_not_found`.
 */
export async function actingIn(
  { db }: Pick<BuyingOptions, 'db'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Acting | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const org = await orgForCustomer(db, session.customer, orgField.parse(request.body ?? {}).org)
  noteOrg(request, org)
  return { org, caller: { customer: session.customer, request: request.id, scopes: SCOPES } }
}
