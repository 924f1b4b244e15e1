import type { FastifyReply, FastifyRequest } from 'fastify'
import { findLicence, type LicenceDetails, licenceFor, orgOfLicence } from '#domain/licensing'
import { type Caller, type GuestOrg, guestOrgsOf, type OrgAccess, SCOPES } from '#domain/orgs'
import { DomainError } from '#kernel/errors'
import type { BuyingOptions } from '../buying/visit.ts'
import { LICENCES } from '../buying/own-steps.ts'
import { noteOrg } from '../audit-refusals.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { ownOrg } from '../visitor-orgs.ts'

export interface ForLicence {
  Params: { licence: string }
}
export type LicenceRequest = FastifyRequest<ForLicence>

export const pathOf = (id: string, ...more: readonly string[]): string => [LICENCES, id, ...more].join('/')

/** A person, and a licence of one of their orgs. */
export interface LicenceVisit {
  reply: FastifyReply
  request: LicenceRequest
  org: OrgAccess
  caller: Caller
  licence: LicenceDetails
}

/** A guest, and a licence that is active on a project that was shared with them: what they see of it. */
export interface GuestVisit {
  reply: FastifyReply
  access: GuestOrg
  licence: Omit<LicenceDetails, 'slots' | 'freeSlots' | 'order'>
}

/** The visit of a member. Without a session or a licence, sends a response and returns undefined. */
export async function licenceVisit(
  options: BuyingOptions,
  request: LicenceRequest,
  reply: FastifyReply,
): Promise<LicenceVisit | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const visit = await visitOfMember(options, request, { reply, customer: session.customer })
  if (!visit) await sendPage(reply, notFoundPage, 404)
  return visit
}

/** As `licenceVisit`, and for a guest. */
export async function visitToSee(
  options: BuyingOptions,
  request: LicenceRequest,
  reply: FastifyReply,
): Promise<LicenceVisit | GuestVisit | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const visitor = { reply, customer: session.customer }
  const visit =
    (await visitOfMember(options, request, visitor)) ?? (await visitOfGuest(options, request, visitor))
  if (!visit) await sendPage(reply, notFoundPage, 404)
  return visit
}

export const isGuestVisit = (visit: LicenceVisit | GuestVisit): visit is GuestVisit => 'access' in visit

type Visitor = Pick<LicenceVisit, 'reply'> & Pick<Caller, 'customer'>

async function visitOfMember(
  { db, now }: BuyingOptions,
  request: LicenceRequest,
  { reply, customer }: Visitor,
): Promise<LicenceVisit | undefined> {
  const id = request.params.licence
  const org = ownOrg(request, await orgOfLicence(db, id))
  const licence = org && (await orNone(findLicence(db, { org: org.id, id, at: now() })))
  if (!licence) return undefined
  noteOrg(request, org)
  return { reply, request, org, caller: { customer, request: request.id, scopes: SCOPES }, licence }
}

async function visitOfGuest(
  { db, now }: BuyingOptions,
  request: LicenceRequest,
  { reply, customer }: Visitor,
): Promise<GuestVisit | undefined> {
  const id = request.params.licence
  const org = await orgOfLicence(db, id)
  const access = org && (await guestOrgsOf(db, customer)).find(({ guestOf }) => guestOf === org)
  const licence = access && (await orNone(licenceFor(db, access, { id, at: now() })))
  if (!licence) return undefined
  noteOrg(request, { id: org })
  return { reply, access, licence }
}

const orNone = <Licence>(found: Promise<Licence>): Promise<Licence | undefined> =>
  found.catch((error: unknown) => {
    if (error instanceof DomainError && error.code === 'licence_not_found') return undefined
    throw error
  })
