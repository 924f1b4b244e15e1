import type { FastifyInstance } from 'fastify'
import { memberPages } from './member-pages.ts'
import { orgPages } from './org-pages.ts'
import { teamListPage } from './team-page.ts'
import type { TeamOptions } from './visit.ts'

export type { TeamOptions } from './visit.ts'

/** Who works in an org, and the org itself. Each form does what a tool of the same name does, where there is one. */
export async function teamPages(app: FastifyInstance, options: TeamOptions): Promise<void> {
  teamListPage(app, options)
  memberPages(app, options)
  orgPages(app, options)
}
