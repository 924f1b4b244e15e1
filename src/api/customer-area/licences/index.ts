import type { FastifyInstance } from 'fastify'
import type { BuyingOptions } from '../buying/visit.ts'
import { licencePages } from './licence-page.ts'
import { licenceListPage } from './list-page.ts'
import { renewPages } from './renew-page.ts'

/** What an org may install: the list of its licences, and a page for each. */
export async function licencesPages(app: FastifyInstance, options: BuyingOptions): Promise<void> {
  licenceListPage(app, options)
  licencePages(app, options)
  renewPages(app, options)
}
