import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ProjectCredentials } from '#domain/projects'
import { advisories } from './advisories.ts'
import { type Answer, send } from './answer.ts'
import { dist } from './dist.ts'
import { downloadQueue, downloadsIn } from './downloads.ts'
import { answerFailure } from './failure.ts'
import { filter } from './filter.ts'
import { registryLimits } from './limits.ts'
import { metadata } from './metadata.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { packagesJson } from './packages-json.ts'
import { holderOf, otherProject } from './project-credentials.ts'

const MAX_BODY_BYTES = 1024 * 1024

/**
 * The Composer repository of each project, as a Fastify plugin that keeps its parsers and handlers to itself
 * (https://getcomposer.org/doc/05-repositories.md#composer). In order: the project token, then its project, then
 * what it licensed; only then 304. What is asked of the database is asked on each request.
 */
export async function composerRegistry(
  app: FastifyInstance,
  options: ComposerRegistryOptions,
): Promise<void> {
  const holders = new WeakMap<FastifyRequest, ProjectCredentials>()
  const limits = registryLimits()
  const downloads = downloadQueue(options)
  app.addHook('onClose', () => downloads.flush())
  readBodiesAsText(app)
  app.setErrorHandler((error, request, reply) => answerFailure(error, { request, reply, log: options.log }))

  app.addHook('onRequest', async (request, reply) => {
    const found = await holderOf(request, options, limits)
    if ('refused' in found) return send(request, reply, found.refused)
    holders.set(request, found.holder)
  })
  const holder = (request: FastifyRequest): ProjectCredentials => {
    const known = holders.get(request)
    if (!known) throw new Error('a request came past the token check')
    return known
  }
  type OfProject = FastifyRequest<{ Params: { project: string; '*': string } }>
  const ofProject =
    (answer: (holder: ProjectCredentials, path: string) => Promise<Answer>) =>
    async (request: OfProject, reply: FastifyReply) => {
      const { project, '*': path } = request.params
      const known = holder(request)
      const refused = project === known.project ? undefined : otherProject(options)
      return send(request, reply, refused ?? (await answer(known, path)))
    }

  app.get(
    '/r/:project/packages.json',
    ofProject(({ project }) => packagesJson(options, project)),
  )
  app.get(
    '/r/:project/filter.json',
    ofProject(({ project }) => filter(options, project)),
  )
  app.get(
    '/r/:project/p2/*',
    ofProject(({ project }, path) => metadata(options, { project, path })),
  )
  app.get<{ Params: { '*': string } }>('/dist/*', async (request, reply) =>
    send(
      request,
      reply,
      await dist(options, { project: holder(request).project, path: request.params['*'] }),
    ),
  )
  app.post<{ Body: string }>('/composer/downloads', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const told = downloadsIn(request, holder(request).token, options.now())
    if (!told) return reply.code(400).send()
    downloads.add(told)
    return reply.code(204).send()
  })
  app.post<{ Body: string }>('/composer/advisories', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) =>
    send(request, reply, await advisories(options, { project: holder(request).project, form: request.body })),
  )
}

/** Here only: what the rest of the server takes a form or JSON for stays as it is. */
function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
}
