import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { startGitIntegration } from '#contracts/start-git-integration'
import type { Git } from '#domain/git'
import type { Operations } from '#domain/operations'
import { assertMay, may, orgForCustomer, SCOPES } from '#domain/orgs'
import type { Db } from '#platform/database'
import { noteOrg } from './audit-refusals.ts'
import { emptyState } from './components/empty-state.ts'
import { disconnectPage, GIT_PATH, gitPage, notConnectedYet } from './git-view.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { START } from './visit-limits.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

export interface GitPageOptions {
  db: Db
  git: Git
  operations: Operations
  now: () => Date
}

interface ForIntegration {
  Params: { id: string }
}

/** A field that is missing or sent twice counts as an empty text. */
const text = z.string().max(300).catch('')
const form = z.object({ org: text, host: text })

/** The Git hosts of the org in which the visitor works: connect, connect again, disconnect. */
export async function gitPages(app: FastifyInstance, options: GitPageOptions): Promise<void> {
  const { db, git, operations, now } = options

  app.get(GIT_PATH, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    return sendPage(reply, await listPage(options, request, reply))
  })

  app.get<ForIntegration>(`${GIT_PATH}/:id/disconnect`, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    const listed = org && may(org.role, 'manage_git') ? await git.list(org.id) : []
    const integration = listed.find(({ id }) => id === request.params.id)
    if (!org || !integration) return sendPage(reply, notFoundPage, 404)
    return sendPage(reply, disconnectPage(reply, integration, org))
  })

  /** Starts the same operation that an assistant starts, so that the link and its page are the same. */
  app.post(GIT_PATH, START, async (request, reply) => {
    const acting = await manager(request, reply)
    if (!acting) return reply
    const host = git.hostNamed(form.parse(request.body ?? {}).host)
    const action = { ...acting, key: randomUUID(), input: { host }, at: now() }
    const { operation } = await operations.startOrJoin(startGitIntegration, action)
    // the URL is one of our links; when there is none yet, no worker runs, and the operation continues later
    const next = operation.url && new URL(operation.url).pathname
    return next ? reply.redirect(next, 303) : sendPage(reply, notConnectedYet, 503)
  })

  app.post<ForIntegration>(`${GIT_PATH}/:id/disconnect`, async (request, reply) => {
    const acting = await manager(request, reply)
    if (!acting) return reply
    const { org, caller } = acting
    await git.disconnect({ org: org.id, id: request.params.id, by: caller, at: now() })
    return reply.redirect(`${GIT_PATH}?saved=disconnected`, 303)
  })

  /** Returns the visitor as caller, and the org in the form. Without a session, sends a response and returns undefined. */
  async function manager(request: FastifyRequest, reply: FastifyReply) {
    const session = await signedIn(request, reply)
    if (!session) return undefined
    const org = await orgForCustomer(db, session.customer, form.parse(request.body ?? {}).org)
    noteOrg(request, org)
    assertMay(org, 'manage_git')
    return { org, caller: { customer: session.customer, request: request.id, scopes: SCOPES } }
  }
}

async function listPage(
  { git }: GitPageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Page> {
  const { active: org } = orgsOfVisitor(request)
  if (!org || !may(org.role, 'publish'))
    return {
      title: 'Git hosts',
      heading: 'Git hosts',
      body: emptyState({
        symbol: 'plug',
        title: 'Nothing to see here',
        text: 'Your role in this org may not publish packages. Choose another org, or ask an owner or admin.',
      }),
    }
  const { saved } = request.query as { saved?: unknown }
  return gitPage(reply, {
    org,
    hosts: git.hosts,
    integrations: await git.list(org.id),
    mayManage: may(org.role, 'manage_git'),
    isDisconnected: saved === 'disconnected',
  })
}
