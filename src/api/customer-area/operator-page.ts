import type { FastifyInstance } from 'fastify'
import { guideTo, type Incident, INCIDENTS, openIncidents } from '#domain/incidents'
import { failedOperations, openOperations } from '#domain/operations'
import { purchasesOf } from '#domain/orders'
import { isId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { card, facts } from './components/card.ts'
import { codeBlock } from './components/code-block.ts'
import { emptyState } from './components/empty-state.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { operationRows, runsAt } from './operator-operations.ts'
import { signedIn } from './session.ts'

export interface OperatorOptions {
  db: Db
  now: () => Date
  /** The address of our namespace in the Temporal UI. */
  temporalUi: string | undefined
}

/** More than an operator reads. The rest is found in the Temporal UI. */
const MOST_SHOWN = 50
const FAILED_SINCE_MS = 7 * 24 * 60 * 60_000

/**
 * `/operator`: what needs an operator, for customers who are one; for anybody else there is no such page. It only shows:
 * an entry is marked as done by the command, which asks for access to the database.
 */
export async function operatorPage(app: FastifyInstance, options: OperatorOptions): Promise<void> {
  const { db, now } = options
  app.get('/operator', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    if (!session.isOperator) return sendPage(reply, notFoundPage, 404)
    const at = now()
    const since = new Date(at.getTime() - FAILED_SINCE_MS)
    const incidents = await openIncidents(db)
    const open = await openOperations(db, { limit: MOST_SHOWN })
    const failed = await failedOperations(db, { since, limit: MOST_SHOWN })
    const ids = [...open, ...failed].map(({ id }) => id)
    const purchases = await purchasesOf(db, ids)
    const shown = { purchases, ...options, at, mostShown: MOST_SHOWN }
    return sendPage(reply, {
      title: 'What needs an operator',
      heading: 'What needs an operator',
      lead: 'The oldest first. An entry disappears when its cause is gone.',
      breadcrumb: [{ href: '/account', text: 'Overview' }],
      refreshSeconds: 60,
      body: html`${
          incidents.length
            ? html`<div class="focus">${incidents.map((each) => cardOf(each, options))}</div>`
            : NOTHING
        }
        <section>
          <h2>Operations that have not ended</h2>
          ${operationRows(open, { ...shown, emptyText: 'No operation runs or waits for a person.' })}
        </section>
        <section>
          <h2>Operations of the last 7 days that failed</h2>
          ${operationRows(failed, { ...shown, emptyText: 'No operation of the last 7 days failed.' })}
        </section>`,
    })
  })
}

const NOTHING = emptyState({
  symbol: 'check',
  title: 'Nothing needs an operator',
  text: 'Failed refunds, stuck runs and our own defects appear here.',
})

function cardOf(incident: Incident, { temporalUi }: OperatorOptions): Html {
  const { id, kind, object, detail, since, lastAt, times } = incident
  const { happened, todo } = INCIDENTS[kind]
  const runs = temporalUi !== undefined && isId('op', object) && runsAt(temporalUi, object)
  return card(
    happened,
    html`${facts([
      [
        'About',
        html`<code>${object}</code>${runs && html` · <a href="${runs}">runs in the Temporal UI</a>`}`,
      ],
      ...(detail === undefined ? [] : [['Detail', html`<code>${detail}</code>`] as const]),
      ['Since', momentText(since)],
      ...(times > 1 ? [['Last noticed', html`${momentText(lastAt)}, ${times} times`] as const] : []),
      ['What to do', html`${todo} See <code>${guideTo(incident)}</code>.`],
    ])}
    ${codeBlock(`npm run admin -- done ${id} --note "what you did"`, { caption: 'When it is done, with your own note' })}`,
  )
}
