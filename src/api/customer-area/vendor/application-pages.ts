import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertMay, may, type OrgAccess, orgForCustomer, SCOPES } from '#domain/orgs'
import { readOperation } from '#domain/operations'
import {
  applyAsVendor,
  changeApplication,
  findApplication,
  orgOfApplication,
  type VendorFacts,
  withdrawApplication,
} from '#domain/vendors'
import { DomainError } from '#kernel/errors'
import type { Db } from '#platform/database'
import { noteCode, noteOrg } from '../audit-refusals.ts'
import { notFoundPage, type Page, sendPage } from '../layout.ts'
import { nextStepAfter } from '../next-steps.ts'
import { signedIn } from '../session.ts'
import { START } from '../visit-limits.ts'
import { orgsOfVisitor, ownOrg } from '../visitor-orgs.ts'
import { applicationPage, applyPage, type Mistakes, withdrawPage } from './application-view.ts'
import { APPLY_PATH, applicationPath, notForThisRole, VENDOR_PATH } from './overview-view.ts'

export interface ApplicationPagesOptions {
  db: Db
  approvesVendors: boolean
  now: () => Date
}

interface ForApplication {
  Params: { id: string }
}

const STATUS_OF_MISTAKE = 422
/** A field that is missing, too long or sent twice counts as an empty text. */
const text = z.string().max(400).catch('')
const form = z.object({ org: text, key: text, slug: text, name: text, website: text, terms: text })

/** Applying as a vendor: the form, the state of an application, changing and withdrawing it. */
export async function applicationPages(
  app: FastifyInstance,
  options: ApplicationPagesOptions,
): Promise<void> {
  const { db, approvesVendors: approves, now } = options
  stateOfApplications(app, options)

  app.get(APPLY_PATH, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    const isAllowed = org && may(org.role, 'manage_vendors')
    return sendPage(reply, isAllowed ? applyPage(reply, org) : notForThisRole)
  })

  app.post(APPLY_PATH, START, async (request, reply) => {
    const acting = await manager(db, request, reply)
    if (!acting) return reply
    const { org, caller, sent, facts } = acting
    const input = { ...facts, terms_version: sent.terms }
    try {
      const key = keyOf(sent.key, input)
      const { operation } = await applyAsVendor(db, { caller, org, input, key, approves, at: now() })
      const { result } = await readOperation(db, operation)
      return await reply.redirect(`${applicationPath(String(result?.['vendor_id']))}?saved=applied`, 303)
    } catch (error) {
      const mistakes = mistakesIn(request, error)
      return sendPage(reply, applyPage(reply, org, { facts, mistakes }), STATUS_OF_MISTAKE)
    }
  })

  app.post<ForApplication>(applicationPath(':id'), async (request, reply) => {
    const acting = await manager(db, request, reply)
    if (!acting) return reply
    const { org, caller: by, facts } = acting
    const { id } = request.params
    try {
      await changeApplication(db, { by, org, id, facts, at: now() })
      return await reply.redirect(`${applicationPath(id)}?saved=changed`, 303)
    } catch (error) {
      const mistakes = mistakesIn(request, error)
      const application = await findApplication(db, { org: org.id, id })
      if (!application) throw error
      const page = { application, org, mayManage: true, saved: undefined, sent: { facts, mistakes } }
      return sendPage(reply, applicationPage(reply, page), STATUS_OF_MISTAKE)
    }
  })

  app.post<ForApplication>(`${applicationPath(':id')}/withdraw`, async (request, reply) => {
    const acting = await manager(db, request, reply)
    if (!acting) return reply
    const { org, caller: by } = acting
    await withdrawApplication(db, { by, org, id: request.params.id, at: now() })
    return reply.redirect(`${VENDOR_PATH}?saved=withdrawn`, 303)
  })
}

/** The pages that change nothing. */
function stateOfApplications(app: FastifyInstance, { db }: ApplicationPagesOptions): void {
  app.get<ForApplication>(applicationPath(':id'), async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    return sendOr404(reply, await shown(request, (found) => stateOf(request, reply, found)))
  })

  app.get<ForApplication>(`${applicationPath(':id')}/withdraw`, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const page = await shown(request, ({ application, org }) =>
      application.state === 'open' && may(org.role, 'manage_vendors')
        ? withdrawPage(reply, application, org)
        : undefined,
    )
    return sendOr404(reply, page)
  })

  /** The page of the application that the URL names, in an org whose vendors the visitor may see. */
  async function shown(
    request: FastifyRequest<ForApplication>,
    page: (found: Found) => Page | undefined,
  ): Promise<Page | undefined> {
    const { id } = request.params
    const org = ownOrg(request, await orgOfApplication(db, id))
    if (!org || !may(org.role, 'see_vendors')) return undefined
    const application = await findApplication(db, { org: org.id, id })
    return application && page({ application, org })
  }
}

type Found = Pick<Parameters<typeof applicationPage>[1], 'application' | 'org'>

function stateOf(request: FastifyRequest, reply: FastifyReply, { application, org }: Found): Page {
  const { saved } = request.query as { saved?: unknown }
  const mayManage = may(org.role, 'manage_vendors')
  return applicationPage(reply, {
    application,
    org,
    mayManage,
    saved: typeof saved === 'string' ? saved : undefined,
  })
}

const sendOr404 = (reply: FastifyReply, page: Page | undefined) =>
  page ? sendPage(reply, page) : sendPage(reply, notFoundPage, 404)

/** The visitor as caller, the org in the form, and what was sent. Without a session, sends a response and returns undefined. */
async function manager(db: Db, request: FastifyRequest, reply: FastifyReply) {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const sent = form.parse(request.body ?? {})
  const org: OrgAccess = await orgForCustomer(db, session.customer, sent.org)
  noteOrg(request, org)
  assertMay(org, 'manage_vendors')
  const facts: VendorFacts = { slug: sent.slug.trim(), name: sent.name, website: sent.website }
  return { org, sent, facts, caller: { customer: session.customer, request: request.id, scopes: SCOPES } }
}

/** A form that is sent twice applies once. One that is corrected and sent again is another request. */
const keyOf = (form: string, input: object): string | undefined =>
  /^[\w-]{36}$/.test(form)
    ? `${form}/${createHash('sha256').update(JSON.stringify(input)).digest('hex')}`
    : undefined

const FIELDS: Record<string, keyof Mistakes> = {
  slug: 'slug',
  name: 'name',
  website: 'website',
  terms_version: 'terms',
}

/** The refusal of a field, in words for its form. Throws any other error. */
function mistakesIn(request: FastifyRequest, error: unknown): Mistakes {
  const name = error instanceof DomainError ? FIELDS[error.field ?? ''] : undefined
  if (!(error instanceof DomainError) || !name) throw error
  noteCode(request, error.code)
  const step = nextStepAfter(error)?.text ?? ''
  return { [name]: name === 'terms' ? step : `${error.message} ${step}` }
}
