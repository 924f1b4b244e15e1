import type { FastifyInstance } from 'fastify'
import type { Part, Readiness } from '../readiness.ts'
import { badge } from './components/badge.ts'
import { notice } from './components/notice.ts'
import { table } from './components/table.ts'
import { html } from './html.ts'
import { sendPage } from './layout.ts'

/** The services that people use, and the parts that each one needs. */
const SERVICES: readonly { name: string; needs: readonly Part[] }[] = [
  { name: 'Catalogue, accounts and the Composer registry', needs: ['postgres', 'schema', 'storage'] },
  { name: 'Assistants', needs: ['postgres', 'schema'] },
  { name: 'Purchases', needs: ['postgres', 'schema', 'storage', 'temporal', 'worker'] },
  { name: 'Publishing', needs: ['postgres', 'schema', 'storage', 'temporal', 'worker', 'git-ingest'] },
]

/**
 * `/status`: whether everything works now, for people. Like `/readyz` it answers 503 when something is missing. It is
 * outside the scope of the other pages, because those read the session from the database.
 */
export async function statusPage(
  app: FastifyInstance,
  { findMissing }: { findMissing: Readiness },
): Promise<void> {
  app.get('/status', async (_, reply) => {
    const missing = await findMissing()
    const isDown = ({ needs }: (typeof SERVICES)[number]) => needs.some((part) => missing.includes(part))
    const page = {
      title: 'Status',
      heading: 'Status',
      lead: 'What works at this moment.',
      breadcrumb: [],
      isWithoutAccount: true,
      body: html`<div class="focus">
        ${
          missing.length
            ? notice({
                tone: 'warn',
                title: 'Something does not work',
                text: 'What was started goes on by itself afterwards. Nothing is charged twice.',
              })
            : notice({ tone: 'good', text: 'Everything works.' })
        }
        ${table({
          caption: 'Services',
          isCaptionHidden: true,
          columns: [{ title: 'Service' }, { title: 'State', isNumber: true }],
          rows: SERVICES.map((service) => [
            service.name,
            isDown(service) ? badge('unavailable', 'bad') : badge('works', 'good'),
          ]),
        })}
      </div>`,
    }
    return sendPage(reply, page, missing.length ? 503 : 200)
  })
}
