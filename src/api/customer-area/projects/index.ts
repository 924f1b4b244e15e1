import type { FastifyInstance } from 'fastify'
import { acceptPage } from './accept-page.ts'
import { keyPages } from './key-pages.ts'
import { projectListPage } from './list-page.ts'
import { newProjectPage } from './new-page.ts'
import { projectLicencesPage, projectPage } from './project-page.ts'
import { settingsPages } from './settings-page.ts'
import { sharePages } from './share-pages.ts'
import type { ProjectsOptions } from './visit.ts'

/** The pages of projects, for members and for guests. */
export async function projectPages(app: FastifyInstance, options: ProjectsOptions): Promise<void> {
  projectListPage(app, options)
  newProjectPage(app, options)
  projectPage(app, options)
  projectLicencesPage(app, options)
  settingsPages(app, options)
  keyPages(app, options)
  sharePages(app, options)
  acceptPage(app, options)
}
