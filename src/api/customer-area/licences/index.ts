import type { FastifyInstance } from 'fastify'
import { licencePages } from './licence-page.ts'
import { licenceListPage, type LicencesOptions } from './list-page.ts'
import { renewPages } from './renew-page.ts'

/** What an org may install: the list of its licences, and a page for each. */
export async function licencesPages(app: FastifyInstance, options: LicencesOptions): Promise<void> {
  licenceListPage(app, options)
  licencePages(app, options)
  renewPages(app, options)
}
