import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { may } from '#domain/orgs'
import { publishedFrom } from '#domain/publications'
import type { GitPageOptions } from './git-page.ts'
import { repositoriesPage, repositoriesPath } from './git-repositories-view.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { START } from './visit-limits.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

const SHOWN = 30

/** `after`: a place in the list of the host. */
const listQuery = z.object({
  search: z.string().trim().max(100).catch(''),
  after: z
    .string()
    .regex(/^[1-9]\d{0,4}\.\d{1,3}$/)
    .optional()
    .catch(undefined),
})

/** The repositories of a Git integration of the org in which the visitor works. Each page asks the Git host. */
export async function gitRepositoriesPage(
  app: FastifyInstance,
  { db, git, now }: GitPageOptions,
): Promise<void> {
  app.get<{ Params: { id: string } }>(repositoriesPath(':id'), START, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    const listed = org && may(org.role, 'publish') ? await git.list(org.id) : []
    const integration = listed.find(({ id }) => id === request.params.id)
    if (!org || !integration) return sendPage(reply, notFoundPage, 404)
    const { search, after } = listQuery.parse(request.query)
    const { id, host } = integration
    const wanted = { org: org.id, id, search, after, limit: SHOWN + 1, at: now() }
    const found = await git.listRepositories(wanted)
    const repositories = found.repositories.slice(0, SHOWN)
    const isFull = found.repositories.length > SHOWN
    const ids = repositories.map((each) => each.id)
    const page = repositoriesPage({
      integration,
      repositories,
      published: await publishedFrom(db, { org: org.id, host, repositories: ids }),
      search,
      isFirstPage: after === undefined,
      next: isFull ? repositories.at(-1)?.place : found.stoppedAt,
      hasStopped: found.stoppedAt !== undefined,
    })
    return sendPage(reply, page)
  })
}
