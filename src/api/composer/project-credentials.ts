import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { chain, type MaybePromise } from '#kernel/maybe-promise'
import { findStoredToken, hashOfPrivateKey, type ProjectCredentials, projectOfKeys } from '#domain/projects'
import { type BoundedMap, boundedMap } from '#platform/bounded-map'
import { type JsonAnswer, send } from './answer.ts'
import { type ClientKeys, type Limits, registryLimits } from './limits.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { archivedProject, unknownToken } from './refusals.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the keys of a Composer request give access to. */
    credentials?: ProjectCredentials | undefined
  }
}

const MAX_KEYS = 10_000

/**
 * Checks the token before anything else of a request is read. Returns a function that returns a request's credentials.
 */
export function requireToken(
  app: FastifyInstance,
  options: ComposerRegistryOptions,
): (request: FastifyRequest) => ProjectCredentials {
  app.decorateRequest('credentials', undefined)
  const limits = registryLimits()
  const known = boundedMap<string, ClientKeys>(MAX_KEYS)
  app.addHook('onRequest', (request, reply, done) => {
    const settle = (found: Found): unknown => {
      if ('refused' in found) return send(request, reply, found.refused)
      request.credentials = found.holder
      return done()
    }
    const found = holderOf(request, options, { limits, known })
    if (found instanceof Promise) void settleLater(found)
    else settle(found)

    async function settleLater(finding: Promise<Found>): Promise<void> {
      try {
        settle(await finding)
      } catch (error) {
        done(error as Error)
      }
    }
  })
  return ({ credentials }) => {
    if (!credentials) throw new Error('a request skipped the token check')
    return credentials
  }
}

type Found = { holder: ProjectCredentials } | { refused: JsonAnswer }

/**
 * Returns the credentials of a request, or its refusal: 429 before any query, 401 for unknown keys, 403 for an archived
 * project.
 */
function holderOf(
  request: FastifyRequest,
  { db, memory, now, publicUrl }: ComposerRegistryOptions,
  { limits, known }: { limits: Limits; known: BoundedMap<string, ClientKeys> },
): MaybePromise<Found> {
  const { authorization = '' } = request.headers
  // a hash, so that no private key stays in memory
  const headerHash = hash('sha256', authorization, 'base64url')
  const knownKeys = known.get(headerHash)
  const keys = knownKeys ?? basicAuth(authorization)
  const at = now()
  const tooMany = limits.refusalOf(request, keys, at)
  if (tooMany) return { refused: tooMany }
  return chain(
    keys && projectOfKeys(db, { ...keys, at }, isOfProject(request) ? find : undefined),
    (holder) => {
      if (!keys || !holder) {
        limits.countFailure(request, keys, at)
        return { refused: unknownToken(publicUrl) }
      }
      limits.countUse(request, keys, at)
      if (!knownKeys) known.set(headerHash, keys)
      return holder.isArchived ? { refused: archivedProject(publicUrl) } : { holder }
    },
  )

  function find(...args: Parameters<typeof findStoredToken>) {
    return memory.recall(`token ${args[1]}`, () => findStoredToken(...args))
  }
}

/** True for a project's metadata. All other routes are at the root of the host. */
const isOfProject = ({ routeOptions }: FastifyRequest) => routeOptions.url?.startsWith('/r/') ?? false

/** RFC 7617: splits at the first colon, because a password may contain more of them. */
function basicAuth(header: string): ClientKeys | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(header) ?? []
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  // Postgres does not accept NUL in a text
  if (colon < 1 || text.includes('\0')) return undefined
  const privateKeyHash = hashOfPrivateKey(text.slice(colon + 1))
  return { publicKey: text.slice(0, colon), privateKeyHash, id: privateKeyHash.toString('base64url') }
}
