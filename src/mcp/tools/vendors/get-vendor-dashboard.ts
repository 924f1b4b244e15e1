import { z } from 'zod'
import { may } from '#domain/orgs'
import { type Dashboard, dashboardOf, nextVendorSteps, type VendorStep } from '#domain/vendors'
import { money, orgArgument, shownMoney } from '#kernel/schemas'
import { foreignName, foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { nextStepAfter, hasNextStep } from '../../call/next-steps.ts'
import { defineTool } from '../../call/tool.ts'

const packageRow = z.looseObject({
  package: z.string(),
  versions: z.int(),
  failing_checks: z.int().optional().describe('See list_version_checks'),
  hidden: z.boolean().optional(),
  withdrawn: z.boolean().optional(),
  last_sync_at: z.string().optional(),
  sync_error: z
    .looseObject({ code: z.string(), message: z.string(), next_step: z.string().optional() })
    .optional(),
})

const endedRow = z.looseObject({
  slug: z.string(),
  outcome: z.enum(['declined', 'withdrawn']),
  reason: z.string().optional(),
  ended_at: z.string(),
})

export default defineTool({
  kind: 'read',
  name: 'get_vendor_dashboard',
  title: 'Vendor dashboard',
  description: `
    Shows an org as a vendor: its vendors and ended applications, packages with versions, failing checks and last look at
    their tags, last sales, Git integrations, whether it can be paid, and what to do next.`,
  scope: ['read', 'publish'],
  permission: 'see_vendors',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument }),
  output: z.looseObject({
    org: z.string(),
    vendors: z.array(
      z.looseObject({
        slug: z.string(),
        status: z.enum(['applied', 'approved', 'suspended']),
        payable: z.boolean(),
      }),
    ),
    ended_applications: z.array(endedRow).optional(),
    packages: z.array(packageRow),
    more_packages: z.int().optional(),
    sales: z
      .array(z.looseObject({ package: z.string(), edition: z.string(), price: money, paid_at: z.string() }))
      .optional()
      .describe('The last 10; absent for a role that may not see them'),
    git_integrations: z
      .array(z.looseObject({ host: z.string(), account: z.string(), state: z.enum(['connected', 'broken']) }))
      .optional(),
    next_steps: z.array(z.string()),
  }),

  async run(_, { db, org, git }) {
    const [dashboard, integrations] = await Promise.all([
      dashboardOf(db, { org: org.id, seesSales: may(org.role, 'see_sales') }),
      may(org.role, 'publish') ? git.list(org.id) : undefined,
    ])
    return {
      org: org.slug,
      ...shown(dashboard),
      ...(integrations && {
        git_integrations: integrations.map(({ host, account, state }) => ({
          host,
          account: foreignName(account),
          state,
        })),
      }),
      next_steps: nextVendorSteps(dashboard, integrations).map((step) => VENDOR_STEPS[step]),
    }
  },
})

const shown = ({ vendors, ended, packages, packageCount, sales }: Dashboard) => ({
  vendors: vendors.map(({ slug, status, isPayable }) => ({ slug, status, payable: isPayable })),
  ...(ended.length > 0 && { ended_applications: ended.flatMap(shownEnd) }),
  packages: packages.map(shownPackage),
  ...(packageCount > packages.length && { more_packages: packageCount - packages.length }),
  ...(sales && {
    sales: sales.map(({ package: name, edition, price, paidAt }) => ({
      package: name,
      edition,
      price: shownMoney(price),
      paid_at: paidAt.toISOString(),
    })),
  }),
})

function shownEnd({ slug, state, reason, endedAt }: Dashboard['ended'][number]) {
  if (!endedAt || (state !== 'declined' && state !== 'withdrawn')) return []
  const said = reason === undefined ? {} : { reason: foreignText(reason, SUMMARY) }
  return [{ slug, outcome: state, ...said, ended_at: endedAt.toISOString() }]
}

function shownPackage(each: Dashboard['packages'][number]) {
  const { name, versions, failingChecks, isHidden, isWithdrawn, lastSyncAt, syncError } = each
  return {
    package: name,
    versions,
    ...(failingChecks > 0 && { failing_checks: failingChecks }),
    ...(isHidden && { hidden: true }),
    ...(isWithdrawn && { withdrawn: true }),
    ...(lastSyncAt && { last_sync_at: lastSyncAt.toISOString() }),
    ...(syncError && {
      sync_error: {
        code: syncError.code,
        message: syncError.message,
        ...(hasNextStep(syncError.code) && { next_step: nextStepAfter(syncError) }),
      },
    }),
  }
}

/** The tools for each step. */
const VENDOR_STEPS: Record<VendorStep, string> = {
  apply: 'Call bootstrap_vendor to become a vendor.',
  await_approval: 'Wait for the operator of this market; the user gets a mail.',
  connect_git: 'Call start_git_integration to connect a Git host.',
  reconnect_git: 'Call start_git_integration for the broken host; the user allows it again.',
  publish: 'Call list_git_repositories, then publish_package.',
  mend_sync: 'Correct what sync_error says, then call sync_package.',
  no_payouts_yet: 'Paid packages cannot be sold yet: this market cannot set up payouts yet. Free ones can.',
}
