import type { FastifyInstance } from 'fastify'
import { packageForms } from './change-pages.ts'
import { packageListPage } from './list-page.ts'
import { packagePages } from './package-page.ts'
import type { PackagesOptions } from './visit.ts'

/** The pages on which a vendor sees and changes its packages. */
export async function vendorPackages(app: FastifyInstance, options: PackagesOptions): Promise<void> {
  packageListPage(app, options)
  packagePages(app, options)
  packageForms(app, options)
}
