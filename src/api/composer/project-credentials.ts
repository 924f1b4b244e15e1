import type { FastifyInstance, FastifyRequest } from 'fastify'
import { chain, type MaybePromise } from '#kernel/maybe-promise'
import { findStoredToken, hashOfPrivateKey, type ProjectCredentials, projectOfKeys } from '#domain/projects'
import { type JsonAnswer, send } from './answer.ts'
import { type ClientKeys, type Limits, registryLimits } from './limits.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { archivedProject, deletedOrg, noCredentials, refusedKeys } from './refusals.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the keys of a Composer request give access to. */
    credentials?: ProjectCredentials | undefined
  }
}

/**
 * Checks the token on each route of `app` before anything else of a request is read. Returns a function that returns a
 * request's credentials.
 */
export function requireToken(
  app: FastifyInstance,
  options: ComposerRegistryOptions,
): (request: FastifyRequest) => ProjectCredentials {
  app.decorateRequest('credentials', undefined)
  const limits = registryLimits()
  const keysOf = keyReader()
  // not one hook for all routes, because Fastify makes a new object each time the route of a request is read
  app.addHook('onRoute', (route) => {
    const find = route.url.startsWith('/r/') ? rememberedTokens(options) : findStoredToken
    const check = { keysOf, find, limits: route.url.startsWith('/dist/') ? limits.zips : limits.metadata }
    route.onRequest = (request, reply, done) => {
      const settle = (found: Found): unknown => {
        if ('refused' in found) return send(request, reply, found.refused)
        request.credentials = found.holder
        return done()
      }
      const found = holderOf(request, options, check)
      if (found instanceof Promise) void settleLater(found)
      else settle(found)

      async function settleLater(finding: Promise<Found>): Promise<void> {
        try {
          settle(await finding)
        } catch (error) {
          done(error as Error)
        }
      }
    }
  })
  return ({ credentials }) => {
    if (!credentials) throw new Error('a request skipped the token check')
    return credentials
  }
}

type Found = { holder: ProjectCredentials } | { refused: JsonAnswer }

interface Check {
  keysOf: ReturnType<typeof keyReader>
  find: typeof findStoredToken | RememberedTokens
  limits: Limits
}

/**
 * Returns the credentials of a request, or its refusal: 429 before any query, 401 for no or other keys, 403 for an archived
 * project or a deleted org.
 */
function holderOf(
  request: FastifyRequest,
  { db, now, publicUrl }: ComposerRegistryOptions,
  { keysOf, find, limits }: Check,
): MaybePromise<Found> {
  const keys = keysOf(request)
  const at = now()
  const tooMany = limits.refusalOf(request, keys, at)
  if (tooMany) return { refused: tooMany }
  if (!keys) {
    limits.countFailure(request, keys, at)
    const { authorization } = request.headers
    return { refused: authorization ? refusedKeys(publicUrl, UNREADABLE) : noCredentials(publicUrl) }
  }
  return chain(projectOfKeys(db, { ...keys, at }, find), (holder) => {
    if ('refused' in holder) {
      limits.countFailure(request, keys, at)
      return { refused: refusedKeys(publicUrl, holder) }
    }
    limits.countUse(keys, at)
    if (holder.isOrgDeleted) return { refused: deletedOrg(publicUrl) }
    return holder.isArchived ? { refused: archivedProject(publicUrl) } : { holder }
  })
}

/** Whoever sent a header meant to sign in. */
const UNREADABLE = { refused: 'unknown_key' } as const

type RememberedTokens = (
  ...args: Parameters<typeof findStoredToken>
) => MaybePromise<Awaited<ReturnType<typeof findStoredToken>>>

/** For a project's metadata. All other routes query the database each time. */
const rememberedTokens =
  ({ memory }: ComposerRegistryOptions): RememberedTokens =>
  (...args) =>
    memory.recall(`token ${args[1]}`, () => findStoredToken(...args))

/**
 * Reads the key pair of a request. The clients of an update send the same header many times over a connection, so the
 * keys of the last header are kept until the connection ends.
 */
function keyReader(): (request: FastifyRequest) => ClientKeys | undefined {
  const lastOf = new WeakMap<object, { header: string; keys: ClientKeys | undefined }>()
  return ({ headers: { authorization: header = '' }, raw: { socket } }) => {
    const last = lastOf.get(socket)
    if (last?.header === header) return last.keys
    const keys = basicAuth(header)
    lastOf.set(socket, { header, keys })
    return keys
  }
}

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
