import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HOUR_MS, limited } from '../limits.ts'

const MOST_REGISTRATION_BYTES = 8 * 1024

export type Answerer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** In the form of RFC 7591, 3.2.2. */
const NO_REGISTRATION = {
  error: 'access_denied',
  error_description:
    'This server registers no clients. Use the URL of a client ID metadata document as client_id.',
}

/** Registration is open to everybody, so it is limited for each network and for all together. */
export function registration(app: FastifyInstance, engine: Answerer, allowList: () => boolean): void {
  const ofNetwork = { ...limited(20, HOUR_MS), allowList }
  const ofAll = app.rateLimit({ ...limited(500, HOUR_MS), allowList, keyGenerator: () => 'all' })
  app.post(
    '/oauth/register',
    {
      config: { rateLimit: ofNetwork },
      preHandler: ofAll,
      preParsing: async ({ headers }) => {
        const length = headers['content-length']
        if (length === undefined) throw new RegistrationRefused(411)
        if (Number(length) > MOST_REGISTRATION_BYTES) throw new RegistrationRefused(413)
      },
    },
    engine,
  )
}

export class RegistrationRefused extends Error {
  readonly statusCode: number

  constructor(statusCode: number) {
    super(`A registration has a Content-Length of at most ${MOST_REGISTRATION_BYTES} bytes.`)
    this.statusCode = statusCode
  }
}

/** The route of a server that registers nobody, instead of a 404 that says nothing. */
export function noRegistration(app: FastifyInstance): void {
  app.post('/oauth/register', async (_, reply) => reply.code(403).send(NO_REGISTRATION))
}
