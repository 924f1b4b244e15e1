import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  findStoredToken,
  hashOfPrivateKey,
  type PresentedKeys,
  type ProjectCredentials,
  projectOfKeys,
} from '#domain/projects'
import { type JsonAnswer, send } from './answer.ts'
import { type Limits, registryLimits } from './limits.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { archivedProject, unknownToken } from './refusals.ts'

/**
 * Checks the token before anything else of a request is read. Returns a function that returns a request's credentials.
 */
export function requireToken(
  app: FastifyInstance,
  options: ComposerRegistryOptions,
): (request: FastifyRequest) => ProjectCredentials {
  const holders = new WeakMap<FastifyRequest, ProjectCredentials>()
  const limits = registryLimits()
  app.addHook('onRequest', async (request, reply) => {
    const found = await holderOf(request, options, limits)
    if ('refused' in found) return send(request, reply, found.refused)
    holders.set(request, found.holder)
  })
  return (request) => {
    const known = holders.get(request)
    if (!known) throw new Error('a request skipped the token check')
    return known
  }
}

/**
 * Returns the credentials of a request, or its refusal: 429 before any query, 401 for unknown keys, 403 for an archived
 * project.
 */
async function holderOf(
  request: FastifyRequest,
  { db, memory, now, publicUrl }: ComposerRegistryOptions,
  limits: Limits,
): Promise<{ holder: ProjectCredentials } | { refused: JsonAnswer }> {
  const keys = basicAuth(request.headers.authorization)
  const at = now()
  const tooMany = limits.refusalOf(request, keys, at)
  if (tooMany) return { refused: tooMany }
  const find: typeof findStoredToken = (...args) =>
    memory.recall(`token ${args[1]}`, () => findStoredToken(...args))
  const holder = keys && (await projectOfKeys(db, { ...keys, at }, isOfProject(request) ? find : undefined))
  if (!holder) {
    limits.countFailure(request, keys, at)
    return { refused: unknownToken(publicUrl) }
  }
  limits.countUse(request, keys, at)
  if (holder.isArchived) return { refused: archivedProject(publicUrl) }
  return { holder }
}

/** True for a project's metadata. All other routes are at the root of the host. */
const isOfProject = ({ routeOptions }: FastifyRequest) => routeOptions.url?.startsWith('/r/') ?? false

/** RFC 7617: splits at the first colon, because a password may contain more of them. */
function basicAuth(header: string | undefined): PresentedKeys | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(header ?? '') ?? []
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  // Postgres does not accept NUL in a text
  if (colon < 1 || text.includes('\0')) return undefined
  return { publicKey: text.slice(0, colon), privateKeyHash: hashOfPrivateKey(text.slice(colon + 1)) }
}
