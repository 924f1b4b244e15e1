import type { Provider } from 'oidc-provider'
import type { Logger } from '#platform/logger'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'

/** The answer of OAuth while the database gives none. */
export const UNAVAILABLE = {
  status: 503,
  error: 'temporarily_unavailable',
  why: 'The server cannot answer right now. Try again in a minute.',
} as const

/** The engine answers 500 to each failure of ours. For an outage, the answer says that the client may try again. */
export function answerOutages(engine: Provider, log: Logger): void {
  engine.on('server_error', (ctx, err) => {
    if (!asOutage(err)) {
      log.error({ err }, 'the OAuth server failed')
      return
    }
    log.warn({ err }, 'the OAuth server met an outage')
    ctx.status = UNAVAILABLE.status
    ctx.set('retry-after', String(TRY_AGAIN_AFTER_S))
    ctx.body = { error: UNAVAILABLE.error, error_description: UNAVAILABLE.why }
  })
}
