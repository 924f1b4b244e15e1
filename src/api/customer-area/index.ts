import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { gitHostCallback } from '../callbacks/git-host.ts'
import { activeOrgForm } from './active-org.ts'
import { connectPages, type ConnectOptions } from '../oauth/connect.ts'
import { devicePages } from '../oauth/device.ts'
import { type OAuthOptions, oauthPages } from '../oauth/mount.ts'
import { type AuditPageOptions, auditPages } from './audit-page.ts'
import { accountPages } from './account/index.ts'
import type { AccountOptions } from './account/visit.ts'
import { auditRefusals } from './audit-refusals.ts'
import { buyingPages } from './buying/index.ts'
import type { BuyingOptions } from './buying/visit.ts'
import { type CatalogueOptions, cataloguePage } from './catalogue.ts'
import { componentsPage } from './components-page.ts'
import { docsPage } from './docs-page.ts'
import { gitHookPage } from './git-hook-page.ts'
import { type GitPageOptions, gitPages } from './git-page.ts'
import { gitRepositoriesPage } from './git-repositories-page.ts'
import { readInput } from './input.ts'
import { integrationPages, type IntegrationsOptions } from './integrations-page.ts'
import { logPage } from './log-page.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { licencesPages } from './licences/index.ts'
import { operationPages } from './operation-page.ts'
import type { OperationPageOptions } from './operation-visit.ts'
import { operationListPage } from './operations-page.ts'
import { operatorPage } from './operator-page.ts'
import { orderPages } from './orders/index.ts'
import { vendorPackages } from './packages/index.ts'
import type { PublishOptions } from './packages/publish-page.ts'
import { overviewPage } from './overview-page.ts'
import { type PackagePageOptions, packagePages } from './package-page.ts'
import { repositoryPage } from './repository-page.ts'
import { projectPages } from './projects/index.ts'
import type { ProjectsOptions } from './projects/visit.ts'
import { resolvePages } from './resolve/index.ts'
import { refuseOtherSites } from './own-site.ts'
import { paymentMethodPages, type PaymentMethodsOptions } from './payment-methods-page.ts'
import { privacyPage } from './privacy-page.ts'
import { identifyVisitors, type VisitorOptions } from './session.ts'
import { signInPages, type SignInOptions } from './sign-in.ts'
import { termsPage } from './terms-page.ts'
import { applicationPages, type ApplicationPagesOptions } from './vendor/application-pages.ts'
import { vendorOverviewPage } from './vendor/overview-page.ts'
import { vendorTermsPage } from './vendor/terms-page.ts'
import { limitPages, limitStarts } from './visit-limits.ts'
import { readVisitorOrgs } from './visitor-orgs.ts'
import { askAfterALostOrg } from './lost-org.ts'
import { invitePages } from './team/invite-pages.ts'
import { teamPages, type TeamOptions } from './team/index.ts'

export type CustomerAreaOptions = CatalogueOptions &
  PackagePageOptions &
  VisitorOptions &
  SignInOptions &
  AccountOptions &
  OperationPageOptions &
  AuditPageOptions &
  ConnectOptions &
  IntegrationsOptions &
  OAuthOptions &
  GitPageOptions &
  PublishOptions &
  ApplicationPagesOptions &
  PaymentMethodsOptions &
  BuyingOptions &
  ProjectsOptions &
  TeamOptions & {
    /** A deployment for real visitors has no page of components. */
    isProduction: boolean
    /** The address of our namespace in the Temporal UI. */
    temporalUi: string | undefined
  }

/** Longer than the longest form with all its fields. */
const MAX_FORM_BYTES = 64 * 1024

/** All pages for people. Their hooks and their only body parser, for forms, do not apply to other doors. */
export async function customerArea(app: FastifyInstance, options: CustomerAreaOptions): Promise<void> {
  const { db, memory, publicUrl } = options
  app.removeAllContentTypeParsers()
  await app.register(formbody, { bodyLimit: MAX_FORM_BYTES })
  refuseOtherSites(app, publicUrl)
  limitPages(app, options)
  readInput(app)
  await identifyVisitors(app, options)
  readVisitorOrgs(app, { db })
  askAfterALostOrg(app)
  limitStarts(app, options)
  auditRefusals(app, options)

  await app.register(cataloguePage, { db, memory })
  await app.register(packagePages, { db, memory, publicUrl })
  await app.register(signInPages, options)
  await app.register(accountPages, options)
  await app.register(operationPages, options)
  await app.register(operationListPage, { db })
  await app.register(paymentMethodPages, options)
  await app.register(orderPages, options)
  await app.register(buyingPages, options)
  await app.register(licencesPages, options)
  await app.register(integrationPages, options)
  await app.register(gitPages, options)
  await app.register(gitRepositoriesPage, options)
  await app.register(gitHookPage, options)
  await app.register(vendorOverviewPage, options)
  await app.register(applicationPages, options)
  await app.register(vendorTermsPage)
  await app.register(gitHostCallback, options)
  await app.register(vendorPackages, options)
  await app.register(overviewPage, options)
  await app.register(teamPages, options)
  await app.register(invitePages, options)
  await app.register(activeOrgForm, { db })
  await app.register(docsPage, { publicUrl })
  await app.register(repositoryPage, { publicUrl })
  await app.register(termsPage)
  await app.register(privacyPage)
  await app.register(operatorPage, options)
  await app.register(logPage, { db })
  await app.register(projectPages, options)
  await app.register(resolvePages, options)
  if (!options.isProduction) await app.register(componentsPage)
  await app.register(connectPages, options)
  await app.register(devicePages, options)
  await app.register(oauthPages, options)
  await app.register(auditPages, options)
  // so that the not-found page also shows who is signed in
  app.get('/*', async (_, reply) => sendPage(reply, notFoundPage, 404))
}
