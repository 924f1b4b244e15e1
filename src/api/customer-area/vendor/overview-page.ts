import type { FastifyInstance } from 'fastify'
import type { Git } from '#domain/git'
import { may } from '#domain/orgs'
import { dashboardOf } from '#domain/vendors'
import type { Db } from '#platform/database'
import { sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { notForThisRole, overviewOfVendors, VENDOR_PATH } from './overview-view.ts'

interface VendorOverviewOptions {
  db: Db
  git: Git
}

/** The org of the visitor as a vendor: its vendors, packages, sales and Git hosts, and what to do next. */
export async function vendorOverviewPage(
  app: FastifyInstance,
  { db, git }: VendorOverviewOptions,
): Promise<void> {
  app.get(VENDOR_PATH, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org || !may(org.role, 'see_vendors')) return sendPage(reply, notForThisRole)
    const [dashboard, integrations] = await Promise.all([
      dashboardOf(db, { org: org.id, seesSales: may(org.role, 'see_sales') }),
      may(org.role, 'publish') ? git.list(org.id) : undefined,
    ])
    const { saved } = request.query as { saved?: unknown }
    const mayApply = may(org.role, 'manage_vendors')
    const isWithdrawn = saved === 'withdrawn'
    return sendPage(reply, overviewOfVendors({ org, dashboard, integrations, mayApply, isWithdrawn }))
  })
}
