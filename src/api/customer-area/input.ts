import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFoundPage, sendPage } from './layout.ts'

/** Postgres stores no NUL, so no text of ours has one. */
const text = z.string().refine((given) => !given.includes('\0'))
/** A field that is sent twice is a list. */
const fields = z.record(text, z.union([text, z.array(text)]))
const params = z.record(z.string(), text)

/** Not a refusal with a code: no browser sends this. */
class UnreadableInput extends Error {
  readonly statusCode = 400
}

/**
 * Checks the path, the query and the form of every request of this scope: all are texts that the database can store.
 * What a field means, and whether it may be sent twice, is said by the schema of its page.
 */
export function readInput(app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    if (!params.safeParse(request.params).success) return sendPage(reply, notFoundPage, 404)
    const { query, body } = request
    if (!fields.safeParse(query).success || (body && !fields.safeParse(body).success))
      throw new UnreadableInput('a field has a character that no text may have')
  })
}
