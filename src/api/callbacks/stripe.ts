import type { FastifyInstance } from 'fastify'
import { receiveStripeEvent } from '#domain/billing'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { readEvent, WebhookRefused } from '#platform/payment-webhooks'

const MAX_BODY_BYTES = 256 * 1024

export interface StripeCallbackOptions {
  db: Db
  /** Whether our key moves real money; events of the other mode are ignored. */
  livemode: boolean
  /** Those of the endpoints at Stripe; several while one is rotated. */
  webhookSecrets: readonly string[]
  deployment: string
  now: () => Date
  log: Logger
}

/**
 * `POST /callbacks/stripe`: verified, kept once, relayed. An event only says that somebody should look; what happened is
 * asked of Stripe. Answers 400 for a signature that is wrong or stale, and 200 for everything that was kept.
 */
export async function stripeCallbacks(app: FastifyInstance, options: StripeCallbackOptions): Promise<void> {
  const { db, livemode, webhookSecrets, deployment, now, log } = options
  // the signature is over the bytes as they came
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))

  app.post('/callbacks/stripe', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const signature = request.headers['stripe-signature']
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    try {
      const given = typeof signature === 'string' ? signature : ''
      const event = readEvent(body, given, webhookSecrets, now())
      await receiveStripeEvent(db, event, { deployment, livemode, at: now() })
      return { received: true }
    } catch (error) {
      if (!(error instanceof WebhookRefused)) throw error
      log.warn({ request: request.id, why: error.message }, 'a webhook was refused')
      return reply.code(400).send({ error: { code: 'webhook_refused', message: error.message } })
    }
  })
}
