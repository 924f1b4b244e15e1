import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ProjectId } from '#kernel/ids'
import { chain } from '#kernel/maybe-promise'
import type { ProjectCredentials } from '#domain/projects'
import { advisories } from './advisories.ts'
import { type Answer, send } from './answer.ts'
import { openBodies } from './bodies.ts'
import { dist } from './dist.ts'
import { downloadQueue, downloadsIn } from './downloads.ts'
import { answerFailure } from './failure.ts'
import { filter } from './filter.ts'
import { metadata } from './metadata.ts'
import { isBefore26 } from './old-client.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { packagesJson } from './packages-json.ts'
import { requireToken } from './project-credentials.ts'
import { otherProject } from './refusals.ts'
import { openZips } from './zips.ts'

const MAX_BODY_BYTES = 1024 * 1024

/**
 * The Composer repository of each project, as a Fastify plugin with its own parsers and handlers
 * (https://getcomposer.org/doc/05-repositories.md#composer). Each request checks the token, then its project, then the
 * licences. It answers 304 only after that. Zips and posts query the database each time.
 */
export async function composerRegistry(
  app: FastifyInstance,
  options: ComposerRegistryOptions,
): Promise<void> {
  readBodiesAsText(app)
  app.setErrorHandler((error, request, reply) => answerFailure(error, { request, reply, log: options.log }))
  const holder = requireToken(app, options)
  projectRoutes(app, holder, options)

  const zipOf = openZips(options.storage)
  app.get<{ Params: { '*': string } }>('/dist/*', async (request, reply) => {
    const wanted = { project: holder(request).project, path: request.params['*'], zipOf }
    return send(request, reply, await dist(options, wanted))
  })

  const downloads = downloadQueue(options)
  app.addHook('onClose', () => downloads.flush())
  const bodyLimit = MAX_BODY_BYTES
  app.post<{ Body: string }>('/composer/downloads', { bodyLimit }, async (request, reply) => {
    const reported = downloadsIn(request, holder(request).token, options.now())
    if (!reported) return reply.code(400).send()
    downloads.add(reported)
    return reply.code(204).send()
  })
  app.post<{ Body: string }>('/composer/advisories', { bodyLimit }, async (request, reply) => {
    const wanted = { project: holder(request).project, form: request.body }
    return send(request, reply, await advisories(options, wanted))
  })
}

/** A project's metadata. It stays in memory as long as nothing changes. */
function projectRoutes(
  app: FastifyInstance,
  holder: (request: FastifyRequest) => ProjectCredentials,
  options: ComposerRegistryOptions,
): void {
  const { memory } = options
  const bodies = openBodies()
  type OfProject = FastifyRequest<{ Params: { project: string; '*'?: string } }>
  const ofProject =
    (kind: string, answer: (project: ProjectId, path: string, isOld: boolean) => Promise<Answer>) =>
    (request: OfProject, reply: FastifyReply) => {
      const isOld = isBefore26(request.headers['user-agent'])
      const { project } = holder(request)
      const { project: requested, '*': path = '' } = request.params
      const found =
        requested === project
          ? memory.recall(`${isOld ? 'old ' : ''}${kind} of ${project} ${path}`, () =>
              answer(project, path, isOld),
            )
          : otherProject(options.publicUrl)
      const sent = chain(found, (content) => send(request, reply, content, bodies))
      // Fastify takes a reply for a promise, so a reply that is already sent is not returned
      return sent instanceof Promise ? sent : undefined
    }
  // one update requests the metadata of every package
  const frequent = { config: { isFrequent: true } }
  app.get(
    '/r/:project/packages.json',
    frequent,
    ofProject('root', (project) => packagesJson(options, project)),
  )
  app.get(
    '/r/:project/filter.json',
    frequent,
    ofProject('filter', (project) => filter(options, project)),
  )
  app.get(
    '/r/:project/p2/*',
    frequent,
    ofProject('p2', (project, path, isOld) => metadata(options, { project, path, isOld })),
  )
}

/** Applies to this plugin only. The rest of the server still parses forms and JSON. */
function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
}
