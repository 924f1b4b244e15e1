import type { FastifyReply, FastifyRequest } from 'fastify'
import { findLicence, type LicenceDetails } from '#domain/licensing'
import { type Caller, type OrgAccess, SCOPES } from '#domain/orgs'
import { DomainError } from '#kernel/errors'
import type { BuyingOptions } from '../buying/visit.ts'
import { LICENCES } from '../buying/own-steps.ts'
import { noteOrg } from '../audit-refusals.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'

export interface ForLicence {
  Params: { licence: string }
}
export type LicenceRequest = FastifyRequest<ForLicence>

export const pathOf = (id: string, ...more: readonly string[]): string => [LICENCES, id, ...more].join('/')

/** A person, and a licence of one of their orgs. The org in which they work comes first. */
export interface LicenceVisit {
  reply: FastifyReply
  request: LicenceRequest
  org: OrgAccess
  caller: Caller
  licence: LicenceDetails
}

/** Without a session or a licence, sends a response and returns undefined. */
export async function licenceVisit(
  { db, now }: BuyingOptions,
  request: LicenceRequest,
  reply: FastifyReply,
): Promise<LicenceVisit | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const { active, orgs } = orgsOfVisitor(request)
  for (const org of active ? [active, ...orgs] : orgs) {
    const licence = await findLicence(db, { org: org.id, id: request.params.licence, at: now() }).catch(
      (error: unknown) => {
        if (error instanceof DomainError && error.code === 'licence_not_found') return undefined
        throw error
      },
    )
    if (!licence) continue
    noteOrg(request, org)
    const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
    return { reply, request, org, caller, licence }
  }
  await sendPage(reply, notFoundPage, 404)
  return undefined
}
