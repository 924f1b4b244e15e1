import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Git } from '#domain/git'
import type { Logger } from '#platform/logger'
import { limitUnverified } from './unverified.ts'

const MAX_BODY_BYTES = 5 * 1024 * 1024

export interface GitPushCallbackOptions {
  git: Git
  now: () => Date
  log: Logger
}

interface ToHook {
  Params: { hook: string }
}

/**
 * `POST /callbacks/git/{hook}`: verifies a delivery and records it once. A delivery is only a hint that tags may have
 * changed. Answers 404 for an unknown hook, before it reads the body; 401 for a wrong signature, 429 after
 * too many of those, else 202.
 */
export async function gitPushCallbacks(
  app: FastifyInstance,
  { git, now, log }: GitPushCallbackOptions,
): Promise<void> {
  limitUnverified(app, { now })
  // the signature covers the raw bytes
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))

  const refuse = (reply: FastifyReply, status: 401 | 404, code: string, message: string) =>
    reply.code(status).send({ error: { code, message } })
  const unknown = (reply: FastifyReply) => refuse(reply, 404, 'hook_not_found', 'There is no such hook.')

  app.post<ToHook>(
    '/callbacks/git/:hook',
    {
      bodyLimit: MAX_BODY_BYTES,
      async preParsing(request, reply) {
        if (!(await git.isHook(request.params.hook))) return unknown(reply)
        return undefined
      },
    },
    async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const { headers, params } = request
      const received = await git.receivePush({ hook: params.hook, headers, body, at: now() })
      if (received === 'unknown') return unknown(reply)
      if (received === 'accepted') return reply.code(202).send({ received: true })
      log.warn({ request: request.id, hook: params.hook }, 'a delivery of a Git host was refused')
      return refuse(reply, 401, 'delivery_refused', 'The signature of this delivery is missing or wrong.')
    },
  )
}
