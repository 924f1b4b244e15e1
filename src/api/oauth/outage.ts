import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Logger } from '#platform/logger'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'

/** The answer of OAuth while the database gives none. */
export const UNAVAILABLE = {
  status: 503,
  error: 'temporarily_unavailable',
  why: 'The server cannot answer right now. Try again in a minute.',
} as const

/** The engine says `invalid_client` when a document of a client cannot be read, and keeps why. */
export const outageIn = (error: Error) => asOutage(error) ?? asOutage(error.cause)

/**
 * The engine answers each failure of ours with 500, and some with 401. For an outage, the answer says that the client
 * may try again: after `invalid_client`, SDKs drop their tokens.
 */
export function answerOutages(engine: Provider, log: Logger): void {
  const answer = (ctx: KoaContextWithOIDC, err: Error): boolean => {
    if (!outageIn(err)) return false
    log.warn({ err }, 'the OAuth server met an outage')
    ctx.status = UNAVAILABLE.status
    ctx.set('retry-after', String(TRY_AGAIN_AFTER_S))
    ctx.body = { error: UNAVAILABLE.error, error_description: UNAVAILABLE.why }
    return true
  }
  engine.on('server_error', (ctx, err) => {
    if (!answer(ctx, err)) log.error({ err }, 'the OAuth server failed')
  })
  engine.on('grant.error', answer)
  engine.on('revocation.error', answer)
  engine.on('device_authorization.error', answer)
}
