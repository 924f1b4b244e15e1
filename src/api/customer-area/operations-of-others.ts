import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { findOperation, type OperationOfOther, type Operations } from '#domain/operations'
import type { WaitingFor } from '#contracts/status-update'
import type { PurchaseFacts } from '#domain/orders'
import { moneyText } from '#kernel/money'
import type { Db } from '#platform/database'
import { noteOrg } from './audit-refusals.ts'
import { badge } from './components/badge.ts'
import { button } from './components/button.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { ownPath } from './own-path.ts'
import { csrfField, signedIn } from './session.ts'
import { titleOf } from './story-words.ts'

/** Where the page that has the form leads back to. */
const stopFields = z.object({ continue: z.string().optional().catch(undefined) })

export interface StopOptions {
  db: Db
  operations: Pick<Operations, 'cancel'>
  now: () => Date
}

interface StopRoute {
  Params: { id: string }
  /** `continue`: the page with the form, if it is not the overview. */
  Body: { continue?: unknown } | undefined
}

/** The form that stops an operation: one's own, or as owner or admin that of another member. */
export async function stopForm(app: FastifyInstance, { db, operations, now }: StopOptions): Promise<void> {
  app.post<StopRoute>('/account/operations/:id/stop', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { customer } = session
    const { id } = request.params
    noteOrg(request, { id: (await findOperation(db, { id, customer, toStop: true })).orgId })
    await operations.cancel({ id, caller: { customer, request: request.id, scopes: [] }, at: now() })
    const { continue: back } = stopFields.parse(request.body ?? {})
    return reply.redirect(back === undefined ? '/account' : ownPath(back), 303)
  })
}

/** What an operation of another member buys, if it buys something. */
export interface OfOther {
  operation: OperationOfOther
  purchase: PurchaseFacts | undefined
}

/** A section of the overview. Empty when nothing of others is open. */
export const operationsOfOthers = (reply: FastifyReply, open: readonly OfOther[]): Html | false =>
  open.length > 0 &&
  html`<section>
    <div class="section-head"><h2>Open for other members</h2></div>
    <ul class="rows">
      ${open.map((each) => row(reply, each))}
    </ul>
  </section>`

function row(reply: FastifyReply, { operation, purchase }: OfOther): Html {
  const { id, waitingUntil, createdAt, cancelRequested } = operation
  const title = titleOf(operation)
  const who = personOf(operation)
  return html`<li>
    <div class="about">
      <h3>${title} ${stateOf(operation)}</h3>
      <p class="small">
        ${purchase && html`${moneyText(purchase.total)} for ${purchase.packages.join(', ')} · `} ${who},
        ${momentText(createdAt)}${waitingUntil && html` · until ${momentText(waitingUntil)}`}
      </p>
    </div>
    ${
      !cancelRequested &&
      html`<form method="post" action="/account/operations/${id}/stop">
        ${csrfField(reply)}
        ${button('Stop', { kind: 'danger', isSmall: true, fullText: `Stop: ${title} of ${who}` })}
      </form>`
    }
  </li>`
}

const WAITS: Record<WaitingFor, string> = {
  authentication: 'waits for the bank',
  git_consent: 'waits for the Git host',
  payment_method: 'waits for a card',
}

function stateOf({ cancelRequested, waitingFor }: OperationOfOther): Html {
  if (cancelRequested) return badge('stopping', 'info')
  return waitingFor ? badge(WAITS[waitingFor], 'warn') : badge('running', 'info')
}

const personOf = ({ askedBy, hasLeft }: OperationOfOther): string =>
  `${askedBy ?? 'a deleted account'}${hasLeft && askedBy !== undefined ? ', who left' : ''}`
