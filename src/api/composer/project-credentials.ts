import type { FastifyRequest } from 'fastify'
import { type KeyPair, type ProjectCredentials, projectOfKeys } from '#domain/projects'
import { type JsonAnswer, warning } from './answer.ts'
import type { Limits } from './limits.ts'
import type { ComposerRegistryOptions } from './options.ts'

/** Where one gets credentials as long as no page gives any. */
const newToken = (publicUrl: string) => `the tool create_project_token of ${publicUrl}/mcp`

/**
 * Whose request it is, or why nobody's: 429 before anything is asked, 401 for keys that are none, 403 for a project
 * that is archived.
 */
export async function holderOf(
  request: FastifyRequest,
  { db, now, publicUrl }: ComposerRegistryOptions,
  limits: Limits,
): Promise<{ holder: ProjectCredentials } | { refused: JsonAnswer }> {
  const keys = basicAuth(request.headers.authorization)
  const at = now()
  const tooMany = limits.refusalOf(request, keys, at)
  if (tooMany) return { refused: tooMany }
  const holder = keys && (await projectOfKeys(db, { ...keys, at }))
  if (!holder) {
    limits.countFailure(request, keys, at)
    return { refused: unknownToken(publicUrl) }
  }
  limits.countUse(request, keys, at)
  if (holder.isArchived)
    return {
      refused: warning(403, 'The project of this token is archived.', {
        step: `For one of another project: ${newToken(publicUrl)}`,
      }),
    }
  return { holder }
}

/** For a project that is another's as for one that does not exist. */
export const otherProject = ({ publicUrl }: ComposerRegistryOptions): JsonAnswer =>
  warning(403, 'This project token is for another project than the repository URL names.', {
    step: `For one that fits: ${newToken(publicUrl)}`,
  })

const unknownToken = (publicUrl: string) =>
  warning(401, 'This project token is unknown or was revoked.', {
    step: `For a new one: ${newToken(publicUrl)}`,
    headers: { 'www-authenticate': 'Basic realm="packagento"' },
  })

/** RFC 7617: split at the first colon; a password may hold more of them. */
function basicAuth(header: string | undefined): KeyPair | undefined {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(header ?? '') ?? []
  const text = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  // Postgres takes no NUL in a text
  if (colon < 1 || text.includes('\0')) return undefined
  return { publicKey: text.slice(0, colon), privateKey: text.slice(colon + 1) }
}
