import type { FastifyInstance } from 'fastify'
import { packageForms } from './change-pages.ts'
import { packageListPage } from './list-page.ts'
import { packagePages } from './package-page.ts'
import { publishPages, type PublishOptions } from './publish-page.ts'

/** The pages on which a vendor sees and changes its packages. */
export async function vendorPackages(app: FastifyInstance, options: PublishOptions): Promise<void> {
  packageListPage(app, options)
  packagePages(app, options)
  packageForms(app, options)
  publishPages(app, options)
}
