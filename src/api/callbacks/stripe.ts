import type { FastifyInstance } from 'fastify'
import { receiveStripeEvent } from '#domain/billing'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { readEvent, WebhookRefused } from '#platform/payment-webhooks'
import { limitUnverified } from './unverified.ts'

const MAX_BODY_BYTES = 256 * 1024

export interface StripeCallbackOptions {
  db: Db
  /** True when our key moves real money. Events of the other mode are ignored. */
  livemode: boolean
  /** Secrets of our webhook endpoints at Stripe. There are several while one is rotated. */
  webhookSecrets: readonly string[]
  deployment: string
  now: () => Date
  log: Logger
}

/**
 * `POST /callbacks/stripe`: verifies an event and stores it once, for the relay. An event is only a reason to ask Stripe
 * what happened. Answers 400 when the signature is wrong or stale, 429 after too many of those, else 200.
 */
export async function stripeCallbacks(app: FastifyInstance, options: StripeCallbackOptions): Promise<void> {
  const { db, livemode, webhookSecrets, deployment, now, log } = options
  limitUnverified(app, { now })
  // the signature covers the raw bytes
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))

  app.post('/callbacks/stripe', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const signature = request.headers['stripe-signature']
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    try {
      const signed = typeof signature === 'string' ? signature : ''
      const event = readEvent(body, signed, webhookSecrets, now())
      const ignored = await receiveStripeEvent(db, event, { deployment, livemode, at: now() })
      if (ignored) log.info({ event: event.id, type: event.type, ignored }, 'an event was ignored')
      return { received: true }
    } catch (error) {
      if (!(error instanceof WebhookRefused)) throw error
      log.warn({ request: request.id, why: error.message }, 'a webhook was refused')
      return reply.code(400).send({ error: { code: 'webhook_refused', message: error.message } })
    }
  })
}
