import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Git } from '#domain/git'
import { readOperation } from '#domain/operations'
import type { Db } from '#platform/database'
import { auditsItself } from '../customer-area/audit-refusals.ts'
import { chooseRepositories, installRequested } from '../customer-area/git-view.ts'
import { sendPage } from '../customer-area/layout.ts'
import { signedIn } from '../customer-area/session.ts'

export interface GitHostCallbackOptions {
  db: Db
  git: Git
  now: () => Date
}

/** A parameter that is missing, empty, too long or sent twice counts as absent. */
const text = z.string().min(1).max(2_000).optional().catch(undefined)
const answer = z.object({ state: text, code: text, error: text, setup_action: text })

/**
 * `GET /callbacks/git-host`: where a Git host sends a person back to. Only the person who began it, signed in here, can
 * complete it. It is a page, so its refusals are pages with their own codes.
 */
export async function gitHostCallback(
  app: FastifyInstance,
  { db, git, now }: GitHostCallbackOptions,
): Promise<void> {
  app.get('/callbacks/git-host', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    auditsItself(request)
    const { state = '', code, error, setup_action: setupAction } = answer.parse(request.query)
    const by = { customer: session.customer, request: request.id }
    const outcome = await git.completeConsent({ state, code, error, setupAction, by, at: now() })
    switch (outcome.is) {
      case 'connected': {
        const { url } = await readOperation(db, outcome.operation)
        // the page behind the operation's link waits a moment for the story, then says how it ended
        return reply.redirect(url ? `${new URL(url).pathname}/return` : '/account/git', 303)
      }
      case 'consent':
        return reply.redirect(outcome.url, 303)
      case 'install':
        return sendPage(reply, chooseRepositories(outcome))
      case 'requested':
        return sendPage(reply, installRequested(outcome))
    }
  })
}
