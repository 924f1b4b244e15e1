import { once } from 'node:events'
import fastify from 'fastify'
import { type Incident, INCIDENTS, openIncidents } from '#domain/incidents'
import type { Db } from '../../src/platform/database.ts'
import { card, facts } from '../../src/api/customer-area/components/card.ts'
import { emptyState } from '../../src/api/customer-area/components/empty-state.ts'
import { momentText } from '../../src/api/customer-area/components/text.ts'
import { html, type Html } from '../../src/api/customer-area/html.ts'
import { setPageHeaders } from '../../src/api/customer-area/page-headers.ts'
import { assetRoutes, STYLESHEET } from '../../src/api/customer-area/style/assets.ts'
import { guideTo, whatOf } from './incidents.ts'

/**
 * Serves the list at an address of this machine until the process is told to stop. Who can run this has the database
 * anyway, so the page asks for no password. It only shows: an entry is marked as done by the command.
 */
export async function page(db: Db, port: number): Promise<true> {
  const app = fastify()
  await app.register(assetRoutes)
  app.get('/', async (request, reply) => {
    // any other name is that of a web page that leads its visitor's browser here
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.host)) return reply.code(421).send()
    return setPageHeaders(reply)
      .type('text/html; charset=utf-8')
      .send(documentOf(await openIncidents(db)).markup)
  })
  const address = await app.listen({ host: '127.0.0.1', port })
  console.log(`What needs an operator: ${address}/ (Ctrl-C ends it)`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await app.close()
  return true
}

const documentOf = (open: readonly Incident[]): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="refresh" content="60" />
        <title>${open.length} open · What needs an operator</title>
        <link rel="stylesheet" href="${STYLESHEET.path}" />
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
      </head>
      <body>
        <main id="main">
          <h1>What needs an operator</h1>
          ${open.length ? open.map(cardOf) : NOTHING}
        </main>
      </body>
    </html>`

const NOTHING = emptyState({
  symbol: 'check',
  title: 'Nothing needs an operator',
  text: 'Failed undos, stuck runs and defects of ours appear here.',
})

function cardOf(incident: Incident): Html {
  const { id, kind, since, lastAt, times } = incident
  const { happened, todo } = INCIDENTS[kind]
  return card(
    happened,
    facts([
      ['About', html`<code>${whatOf(incident)}</code>`],
      ['Since', momentText(since)],
      ...(times > 1 ? [['Last noticed', html`${momentText(lastAt)}, ${times} times`] as const] : []),
      ['What to do', html`${todo} See <code>${guideTo(incident)}</code>.`],
      ['When it is done', html`<code>npm run admin -- done ${id} --note "…"</code>`],
    ]),
  )
}
