import type { FastifyInstance } from 'fastify'
import { chooseActiveOrg } from '#domain/identity'
import type { Db } from '#platform/database'
import { ownPath } from './own-path.ts'
import { signedIn } from './session.ts'

interface ActiveOrgForm {
  /** A field that is sent twice is a list. */
  Body: { org?: unknown; continue?: unknown } | undefined
}

/** The form of the org menu. It changes the org in which the visitor works, in this browser only. */
export async function activeOrgForm(app: FastifyInstance, { db }: { db: Db }): Promise<void> {
  app.post<ActiveOrgForm>('/account/active-org', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { org, continue: back } = request.body ?? {}
    const chosen = typeof org === 'string' ? org.slice(0, 100) : ''
    await chooseActiveOrg(db, { session, org: chosen, request: request.id })
    return reply.redirect(ownPath(back), 303)
  })
}
