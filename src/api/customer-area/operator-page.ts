import type { FastifyInstance } from 'fastify'
import { guideTo, type Incident, INCIDENTS, openIncidents } from '#domain/incidents'
import type { Db } from '#platform/database'
import { card, facts } from './components/card.ts'
import { emptyState } from './components/empty-state.ts'
import { momentText } from './components/text.ts'
import { html, type Html } from './html.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { signedIn } from './session.ts'

/**
 * `/operator`: what needs an operator, for customers who are one; for anybody else there is no such page. It only shows:
 * an entry is marked as done by the command, which asks for access to the database.
 */
export async function operatorPage(app: FastifyInstance, { db }: { db: Db }): Promise<void> {
  app.get('/operator', async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    if (!session.isOperator) return sendPage(reply, notFoundPage, 404)
    const open = await openIncidents(db)
    return sendPage(reply, {
      title: 'What needs an operator',
      heading: 'What needs an operator',
      lead: 'The oldest first. An entry goes by itself when its cause is gone.',
      breadcrumb: [],
      refreshSeconds: 60,
      body: html`<div class="focus">${open.length ? open.map(cardOf) : NOTHING}</div>`,
    })
  })
}

const NOTHING = emptyState({
  symbol: 'check',
  title: 'Nothing needs an operator',
  text: 'Failed undos, stuck runs and defects of ours appear here.',
})

function cardOf(incident: Incident): Html {
  const { id, kind, object, detail, since, lastAt, times } = incident
  const { happened, todo } = INCIDENTS[kind]
  return card(
    happened,
    facts(
      [
        ['About', html`<code>${object}</code>`],
        ...(detail === undefined ? [] : [['Where', html`<code>${detail}</code>`] as const]),
        ['Since', momentText(since)],
        ...(times > 1 ? [['Last noticed', html`${momentText(lastAt)}, ${times} times`] as const] : []),
        ['What to do', html`${todo} See <code>${guideTo(incident)}</code>.`],
        ['When it is done', html`<code>npm run admin -- done ${id} --note "…"</code>`],
      ],
      'prose',
    ),
  )
}
