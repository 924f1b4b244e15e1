import { randomBytes } from 'node:crypto'
import { audit } from '#domain/audit'
import { mintId } from '#kernel/ids'
import { tools } from '../../src/mcp/tools/index.ts'
import type { Tool } from '../../src/mcp/call/tool.ts'
import { aLicence, aProject, aProjectToken, type Market } from './a-market.ts'
import { aPendingShare, someInstalls } from './a-share.ts'
import { anInvoice } from './an-invoice.ts'
import { aSoldPackage } from './a-sold-package.ts'
import { aGitIntegration } from './git.ts'
import { inputFor } from './tool-inputs.ts'

const SEARCH = 'northwind/module-search'
const SINCE = new Date('2026-03-01T09:30:00Z')
const LATER = new Date('2026-03-01T09:45:00Z')

/** Every read-only tool, with an input that finds something of `acme-retail` for the person `buyer`. */
export async function readOnlyCalls(
  market: Market,
): Promise<{ tool: Tool; input: Record<string, unknown> }[]> {
  const { db } = market
  const project = await aProject(market, { name: 'Web shop' })
  await db
    .updateTable('projects')
    .set({ production_domain: 'shop.example' })
    .where('id', '=', project.id)
    .execute()
  const { id: token } = await aProjectToken(market, project.id, { at: SINCE })
  await someInstalls(db, token, SINCE)
  await aPendingShare(db, {
    org: project.org,
    project: project.id,
    by: market.person('buyer'),
    at: SINCE,
    email: 'agency@example.test',
  })
  const bought = await aLicence(market, { package: SEARCH, project: project.id, at: SINCE })
  await aLicence(market, { package: 'northwind/module-stock', project: project.id, at: LATER })
  await db
    .updateTable('orders')
    .set({
      delivered_to: project.id,
      decided: JSON.stringify([{ package: SEARCH, licence: bought.id, outcome: 'bought' }]),
    })
    .where('id', '=', bought.order)
    .execute()
  await anInvoice(db, bought.order, SINCE)
  await fillCart(market)
  await inviteAndSell(market)
  await membersJoinInTurn(market)
  await auditSomething(market)
  const integration = await aGitIntegration(db, {
    org: market.org('acme-retail'),
    customer: market.person('buyer'),
    at: SINCE,
  })
  const { operation_id } = await db
    .selectFrom('orders')
    .select('operation_id')
    .where('id', '=', bought.order)
    .executeTakeFirstOrThrow()
  const found: Record<string, Record<string, unknown>> = {
    get_package: { package: SEARCH },
    list_package_versions: { package: SEARCH, project: project.slug },
    resolve_project: {
      composer_json: { require: { [SEARCH]: '^1.0', 'northwind/theme-plain': '^9.0' } },
      project: project.slug,
    },
    get_install_snippet: { project: project.slug },
    list_project_tokens: { project: project.slug },
    list_project_installs: { project: project.slug },
    list_project_shares: { project: project.slug },
    get_licence: { licence: bought.id },
    quote_cart: {},
    list_orders: { sums: true },
    get_order: { order: bought.order },
    get_invoice: { invoice: bought.order },
    list_git_repositories: { integration },
    list_version_checks: { package: 'acme-retail/module-own' },
    get_operation: { operation_id },
  }
  return tools
    .filter(({ hints }) => hints.readOnly)
    .map((tool) => ({ tool, input: found[tool.name] ?? inputFor(tool.name) }))
}

async function fillCart({ db, org, package: packageId, person }: Market): Promise<void> {
  const org_id = org('acme-retail')
  await db.insertInto('carts').values({ org_id, updated_at: SINCE }).execute()
  const item = { org_id, package_id: packageId(SEARCH), edition: 'open-source', added_at: SINCE } as const
  await db
    .insertInto('cart_items')
    .values({ ...item, added_by: person('buyer') })
    .execute()
}

async function inviteAndSell({ db, org, person }: Market): Promise<void> {
  const orgId = org('acme-retail')
  await aSoldPackage({ db, org }, SINCE)
  await db
    .insertInto('org_invites')
    .values({
      id: mintId('inv', SINCE, Math.random),
      org_id: orgId,
      email_norm: 'new@example.test',
      role: 'developer',
      token_hash: randomBytes(32),
      invited_by: person('buyer'),
      created_at: SINCE,
      expires_at: new Date('2126-03-08T09:30:00Z'),
    })
    .execute()
}

/** One after the other, so that their order is the same in each run. */
async function membersJoinInTurn({ db, org, person }: Market): Promise<void> {
  for (const [day, name] of ['buyer', 'billing', 'developer', 'viewer'].entries())
    await db
      .updateTable('org_members')
      .set({ joined_at: new Date(Date.UTC(2025, 11, 1 + day)) })
      .where('org_id', '=', org('acme-retail'))
      .where('customer_id', '=', person(name))
      .execute()
}

async function auditSomething({ db, org, person }: Market): Promise<void> {
  const id = org('acme-retail')
  const detail = { packages: SEARCH }
  const event = {
    action: 'add_to_cart',
    outcome: 'done',
    customer: person('buyer'),
    org: id,
    detail,
  } as const
  await audit(db, { chain: `org:${id}`, ...event })
}
