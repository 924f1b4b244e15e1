import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Sealing } from '#domain/identity'
import { type Caller, type OrgAccess, orgForCustomer, SCOPES } from '#domain/orgs'
import { DomainError } from '#kernel/errors'
import type { Db } from '#platform/database'
import { securityChange } from '../account/visit.ts'
import { noteCode, noteOrg } from '../audit-refusals.ts'
import { html, type Html } from '../html.ts'
import { sendPage } from '../layout.ts'
import { withoutOrg } from '../lost-org.ts'
import { nextStepAfter } from '../next-steps.ts'
import { csrfField, signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'

export interface TeamOptions {
  db: Db
  secrets: Sealing
  now: () => Date
}

export const TEAM = '/account/team'
export const SETTINGS = `${TEAM}/settings`
export const memberPath = (id: string, action?: string): string =>
  [TEAM, 'members', id, action].filter(Boolean).join('/')
export const TEAM_CRUMBS = [
  { href: '/account', text: 'Overview' },
  { href: TEAM, text: 'Team' },
] as const

export const STATUS_OF_MISTAKE = 422

/** A field that is missing, too long or sent twice counts as an empty text. */
const text = z.string().max(400).catch('')
const form = z.object({
  org: text,
  email: text,
  role: text,
  name: text,
  slug: text,
  confirm: text,
})
export type TeamForm = z.output<typeof form>
export const formIn = ({ body }: FastifyRequest): TeamForm => form.parse(body ?? {})

/** A person and the org that a page is about, with the present role in it. */
export interface Acting {
  org: OrgAccess
  caller: Caller
  sent: TeamForm
}

/**
 * The visitor and the org: of the form, or for a page without one the org in which they work. Without a session or an
 * org, sends a response and returns undefined. Refuses `org_not_found`.
 */
export async function acting(
  { db }: Pick<TeamOptions, 'db'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Acting | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const sent = formIn(request)
  const { active } = orgsOfVisitor(request)
  const org = request.method === 'POST' ? await orgForCustomer(db, session.customer, sent.org) : active
  if (!org) {
    await sendPage(reply, { title: 'Team', heading: 'Team', body: withoutOrg })
    return undefined
  }
  noteOrg(request, org)
  return { org, sent, caller: { customer: session.customer, request: request.id, scopes: SCOPES } }
}

/**
 * An owner may do everything, so making one needs a fresh sign-in, as handing over does. Without it, redirects the person
 * to sign in and come back to `page`, and returns false. True for a form with another role.
 */
export async function mayMakeOwner(
  { now }: Pick<TeamOptions, 'now'>,
  request: FastifyRequest,
  reply: FastifyReply,
  page: string,
): Promise<boolean> {
  if (formIn(request).role !== 'owner') return true
  return (await securityChange({ now }, request, reply, page)) !== undefined
}

/** The hidden fields of a form about an org. */
export const orgFields = (reply: FastifyReply, { slug }: Pick<OrgAccess, 'slug'>): Html =>
  html`${csrfField(reply)}<input type="hidden" name="org" value="${slug}" />`

/** What the form that was refused says beside one of its fields. Throws every other error. */
export function mistakeIn(request: FastifyRequest, error: unknown, fields: Readonly<Record<string, string>>) {
  const name = error instanceof DomainError ? fields[error.code] : undefined
  if (!(error instanceof DomainError) || name === undefined) throw error
  noteCode(request, error.code)
  const step = nextStepAfter(error)
  return { name, error: `${error.message} ${step?.text ?? ''}`.trim() }
}
export type Mistake = ReturnType<typeof mistakeIn>

/** The word of the last form, such as `invited`, in the query. */
export function savedIn({ query }: FastifyRequest): string | undefined {
  const { saved } = query as { saved?: unknown }
  return typeof saved === 'string' ? saved : undefined
}
