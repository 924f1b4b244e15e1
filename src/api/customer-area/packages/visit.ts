import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { orgOfPackage, ownPackage, type OwnPackage } from '#domain/offers'
import type { Operations } from '#domain/operations'
import { type Caller, may, type OrgAccess, SCOPES } from '#domain/orgs'
import { isId } from '#kernel/ids'
import { idempotencyKey } from '#kernel/schemas'
import type { Db } from '#platform/database'
import { noteOrg } from '../audit-refusals.ts'
import { html, type Html } from '../html.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { csrfField, signedIn } from '../session.ts'
import { ownOrg } from '../visitor-orgs.ts'
import { PACKAGES } from './paths.ts'

export interface PackagesOptions {
  db: Db
  operations: Operations
  /** The currencies in which vendors may set prices. */
  currencies: readonly string[]
  now: () => Date
}

export const PACKAGES_CRUMBS = [
  { href: '/account', text: 'Overview' },
  { href: '/account/vendor', text: 'Vendor' },
  { href: PACKAGES, text: 'Packages' },
] as const

export interface ForPackage {
  Params: { package: string; version: string }
}
export type PackageRequest = FastifyRequest<ForPackage>

/** A person, and a package whose page they open. Its vendor belongs to one of their orgs, in which they may publish. */
export interface Visit {
  request: PackageRequest
  reply: FastifyReply
  caller: Caller
  org: OrgAccess
  pack: OwnPackage
}

/** The visit of a package page. Without a session or a package, sends a response and returns undefined. */
export async function visitOf(
  { db }: PackagesOptions,
  request: PackageRequest,
  reply: FastifyReply,
): Promise<Visit | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const id = request.params.package
  const org = ownOrg(request, await orgOfPackage(db, id))
  const isSeen = org && may(org.role, 'publish')
  const pack = isSeen && isId('pkg', id) ? await ownPackage(db, { org: org.id, id }) : undefined
  if (!org || !pack) return void sendPage(reply, notFoundPage, 404)
  noteOrg(request, org)
  const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
  return { request, reply, caller, org, pack }
}

/** The hidden fields of a form: a form that is sent twice makes one change, and a form of an outdated page is refused. */
export const formFields = (reply: FastifyReply, { revision }: Pick<OwnPackage, 'revision'>): Html =>
  html`${csrfField(reply)}<input type="hidden" name="key" value="${randomUUID()}" /><input
      type="hidden"
      name="revision"
      value="${revision}"
    />`

/** The fields of a form as texts; a field that is missing or sent twice is empty. */
export function textsIn({ body }: FastifyRequest): (name: string) => string {
  const sent = (body ?? {}) as Record<string, unknown>
  return (name) => {
    const text = Object.hasOwn(sent, name) ? sent[name] : undefined
    return typeof text === 'string' ? text.slice(0, 1_000) : ''
  }
}

/**
 * The key and the revision of `formFields`. A form without a revision does not come from our pages, so it counts as
 * outdated.
 */
export function sentWith(texts: (name: string) => string): { key: string; revision: number } {
  const key = idempotencyKey.safeParse(texts('key'))
  const revision = texts('revision')
  return {
    key: key.success ? key.data : randomUUID(),
    revision: /^\d{1,9}$/.test(revision) ? Number(revision) : -1,
  }
}
