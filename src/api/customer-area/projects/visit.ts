import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Access, type Caller, guestOrgsOf, orgIdOf, SCOPES } from '#domain/orgs'
import { findProject, orgOfProject, type Project } from '#domain/projects'
import { DomainError } from '#kernel/errors'
import { isId } from '#kernel/ids'
import { idempotencyKey } from '#kernel/schemas'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { noteCode, noteOrg } from '../audit-refusals.ts'
import { html, type Html } from '../html.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { csrfField, isSafeMethod, signedIn } from '../session.ts'
import { orgsOfVisitor, ownOrg } from '../visitor-orgs.ts'

export interface ProjectsOptions {
  db: Db
  secrets: Secrets
  publicUrl: string
  now: () => Date
}

export const PROJECTS = '/account/projects'
export const pathOf = (id: string, ...more: readonly string[]): string => [PROJECTS, id, ...more].join('/')

export const PROJECTS_CRUMBS = [
  { href: '/account', text: 'Overview' },
  { href: PROJECTS, text: 'Projects' },
] as const
export const crumbsOf = ({ id, name }: Project) => [...PROJECTS_CRUMBS, { href: pathOf(id), text: name }]

export interface ForProject {
  Params: { project: string; token: string; share: string; operation: string }
}
export type ProjectRequest = FastifyRequest<ForProject>

/** A person, and a project of one of their orgs, or one that was shared with them. */
export interface Visit {
  request: ProjectRequest
  reply: FastifyReply
  caller: Caller
  access: Access
  project: Project
}

/** The visit of a page of a project. Without a session or a project, sends a response and returns undefined. */
export async function visitOf(
  { db }: Pick<ProjectsOptions, 'db'>,
  request: ProjectRequest,
  reply: FastifyReply,
): Promise<Visit | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const caller = { customer: session.customer, request: request.id, scopes: SCOPES }
  const found = await foundBy(db, request, caller)
  if (found) {
    noteOrg(request, { id: orgIdOf(found.access) })
    return { request, reply, caller, ...found }
  }
  const moved = await pathBySlug(db, request)
  await (moved === undefined ? sendPage(reply, notFoundPage, 404) : reply.redirect(moved, 303))
  return undefined
}

/** The same page by the id, for a URL with the slug of a project of the org in which the visitor works. */
async function pathBySlug(db: Db, request: ProjectRequest): Promise<string | undefined> {
  const { project: slug } = request.params
  const { active } = orgsOfVisitor(request)
  if (!active || !isSafeMethod(request) || isId('prj', slug)) return undefined
  const project = await findProject(db, active.id, slug)
  // a slug needs no escape, so the rest of the URL follows it
  return project && pathOf(project.id) + request.url.slice(pathOf(slug).length)
}

/** The project of the URL, by id. */
async function foundBy(
  db: Db,
  request: ProjectRequest,
  { customer }: Caller,
): Promise<Pick<Visit, 'access' | 'project'> | undefined> {
  const { project: id } = request.params
  const org = await orgOfProject(db, id)
  if (org === undefined) return undefined
  const access =
    ownOrg(request, org) ??
    (await guestOrgsOf(db, customer)).find(({ shared }) => shared.some((each) => each.project === id))
  const project = access && (await findProject(db, org, id))
  return project && { project, access }
}

/** Hidden fields of a form that is carried out once, also when it is sent twice. */
export const formFields = (reply: FastifyReply): Html =>
  html`${csrfField(reply)}<input type="hidden" name="key" value="${randomUUID()}" />`

/** The fields of a form as texts; a field that is missing or sent twice is empty. */
export function textsIn({ body }: FastifyRequest): (name: string) => string {
  const sent = (body ?? {}) as Record<string, unknown>
  return (name) => {
    const text = Object.hasOwn(sent, name) ? sent[name] : undefined
    return typeof text === 'string' ? text.slice(0, 1_000).trim() : ''
  }
}

export function keyIn(texts: (name: string) => string): string {
  const key = idempotencyKey.safeParse(texts('key'))
  return key.success ? key.data : randomUUID()
}

/** What a person can correct in the form, and which field. Every other error has a page of its own. */
export interface Mistake {
  code: string
  field: string | undefined
  message: string
}

export function mistakeIn(request: FastifyRequest, error: unknown): Mistake {
  const kinds = ['invalid', 'conflict', 'rate_limited']
  const canCorrect = error instanceof DomainError && kinds.includes(error.kind)
  if (!canCorrect || error.code === 'idempotency_key_reused') throw error
  noteCode(request, error.code)
  return { code: error.code, field: error.field, message: error.message }
}

export const STATUS_OF_MISTAKE = 422
