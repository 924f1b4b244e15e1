import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit } from '#domain/audit'
import { mintId } from '#kernel/ids'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aLicence, aMarket, aProject, aProjectToken, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aPendingShare, someInstalls } from '../../support/a-share.ts'
import { anInvoice } from '../../support/an-invoice.ts'
import { aDatabase } from '../../support/database.ts'
import { aGitIntegration } from '../../support/git.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'

const PERSON = mintId('cst', 0, Math.random)
const [ONE_HOST, OTHER_HOST] = [mintId('git', 0, Math.random), mintId('git', 1, Math.random)]
const CONNECTION = mintId('con', 0, Math.random)

/** Each filter of each list: `one` finds at least two rows, `other` is another value, `with` is further input. */
const FILTERS: readonly {
  tool: string
  filter: string
  one: string | boolean | number
  other: string | boolean | number
  with?: object
}[] = [
  { tool: 'list_org_members', filter: 'left', one: false, other: true },
  { tool: 'list_audit_events', filter: 'action', one: 'open', other: 'shut' },
  { tool: 'list_audit_events', filter: 'outcome', one: 'done', other: 'failed' },
  { tool: 'list_audit_events', filter: 'person', one: PERSON, other: mintId('cst', 1, Math.random) },
  { tool: 'list_audit_events', filter: 'connection', one: CONNECTION, other: mintId('con', 1, Math.random) },
  { tool: 'list_audit_events', filter: 'since', one: '2026-01-01', other: '2026-01-02' },
  { tool: 'list_audit_events', filter: 'until', one: '2126-01-01', other: '2126-01-02' },
  { tool: 'list_packages', filter: 'query', one: 'module', other: 'modul' },
  { tool: 'list_packages', filter: 'vendor', one: 'northwind', other: 'lumen' },
  { tool: 'list_packages', filter: 'type', one: 'magento2-module', other: 'metapackage' },
  { tool: 'list_packages', filter: 'edition', one: 'open-source', other: 'commerce' },
  { tool: 'list_packages', filter: 'model', one: 'one_time', other: 'yearly' },
  { tool: 'list_packages', filter: 'works_with', one: '2.4.8', other: '2.4.7' },
  { tool: 'list_package_versions', filter: 'package', one: SEARCH, other: STOCK },
  { tool: 'list_package_versions', filter: 'project', one: 'a', other: 'b', with: { package: SEARCH } },
  { tool: 'list_projects', filter: 'search', one: 'shop', other: 'sho' },
  { tool: 'list_projects', filter: 'archived', one: false, other: true },
  { tool: 'list_project_tokens', filter: 'project', one: 'a', other: 'b' },
  { tool: 'list_project_installs', filter: 'project', one: 'a', other: 'b' },
  { tool: 'list_project_shares', filter: 'project', one: 'a', other: 'b' },
  { tool: 'list_licences', filter: 'package', one: SEARCH, other: STOCK },
  { tool: 'list_licences', filter: 'only', one: 'with_free_slot', other: 'ended' },
  { tool: 'list_orders', filter: 'status', one: 'completed', other: 'open' },
  { tool: 'list_orders', filter: 'since', one: '2026-01-01', other: '2026-01-02' },
  { tool: 'list_orders', filter: 'until', one: '2126-01-01', other: '2126-01-02' },
  { tool: 'list_orders', filter: 'currency', one: 'EUR', other: 'USD' },
  { tool: 'list_orders', filter: 'min_amount_minor', one: 0, other: 1, with: { currency: 'EUR' } },
  {
    tool: 'list_orders',
    filter: 'max_amount_minor',
    one: 99_999_999,
    other: 99_999_998,
    with: { currency: 'EUR' },
  },
  { tool: 'list_invoices', filter: 'since', one: '2026-01-01', other: '2026-01-02' },
  { tool: 'list_invoices', filter: 'until', one: '2126-01-01', other: '2126-01-02' },
  { tool: 'list_git_repositories', filter: 'integration', one: ONE_HOST, other: OTHER_HOST },
  { tool: 'list_operations', filter: 'status', one: 'completed', other: 'running' },
]

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
  const chain = `org:${market.org('acme-retail')}` as const
  const event = { action: 'open', outcome: 'done', customer: PERSON, connection: CONNECTION } as const
  for (const _ of [1, 2]) await audit(database.db, { chain, ...event })
  const of = { org: market.org('acme-retail'), customer: market.person('buyer') }
  for (const id of [ONE_HOST, OTHER_HOST]) await aGitIntegration(database.db, { ...of, id })
  for (const _ of [1, 2]) {
    const { order } = await aLicence(market, { package: STOCK })
    await anInvoice(database.db, order)
  }
  for (const name of ['a', 'b']) {
    const { id: project } = await aProject(market, { name })
    for (const each of [SEARCH, STOCK]) await aLicence(market, { package: each, project })
    for (const _ of [1, 2]) {
      const token = await aProjectToken(market, project)
      await someInstalls(database.db, token.id, new Date())
      await aPendingShare(database.db, { ...of, by: of.customer, project })
      await aProject(market, { name: `Shop ${token.id}` })
    }
  }
})
afterAll(async () => {
  await door.close()
  await database.close()
})

describe('a cursor', () => {
  test.for(FILTERS)('a cursor of $tool works only with the same $filter', async (row) => {
    const { ask, refused } = await aMember({ door, market }, aModernClient)
    const inputWith = (value: string | boolean | number) => ({ ...row.with, [row.filter]: value, limit: 1 })

    const { next_cursor: cursor } = await ask(row.tool, inputWith(row.one))

    expect(cursor).toBeDefined()
    await ask(row.tool, { ...inputWith(row.one), cursor })
    expect(await refused(row.tool, { ...inputWith(row.other), cursor })).toMatchObject({ field: 'cursor' })
  })

  test('a cursor of installs names no key, and leads through the installs of one minute by several keys', async () => {
    const { id: project } = await aProject(market, { name: 'Many keys' })
    for (const _ of [1, 2, 3])
      await someInstalls(database.db, (await aProjectToken(market, project)).id, new Date(0))
    const { ask } = await aMember({ door, market }, aModernClient)
    const list = (more: object) =>
      ask<{ items: { token: string }[]; next_cursor?: string }>('list_project_installs', {
        project,
        response_format: 'detailed',
        ...more,
      })

    const whole = await list({ limit: 50 })
    const pages = [await list({ limit: 2 })]
    for (let cursor = pages[0]?.next_cursor; cursor; cursor = pages.at(-1)?.next_cursor)
      pages.push(await list({ limit: 2, cursor }))

    expect(pages.flatMap(({ items }) => items)).toEqual(whole.items)
    expect([whole.items.length, pages.length]).toEqual([6, 3])
    const places = pages.flatMap(({ next_cursor: cursor }) => cursor?.split('.')[0] ?? [])
    expect(places.map((text) => Buffer.from(text, 'base64url').toString())).toEqual([
      expect.stringMatching(/^1970-01-01T00:01:00.000Z ver_\w+ 2$/),
      expect.stringMatching(/^1970-01-01T00:00:00.000Z ver_\w+ 1$/),
    ])
  })

  test('the cursor test covers every filter of every list', () => {
    const known = ['org', 'limit', 'cursor', 'response_format', 'sums']
    const filters = tools
      .filter(({ name, input }) => name.startsWith('list_') && 'cursor' in input.shape)
      .flatMap(({ name, input }) =>
        Object.keys(input.shape).flatMap((filter) => (known.includes(filter) ? [] : [`${name} ${filter}`])),
      )

    const rows = FILTERS.map(({ tool, filter }) => `${tool} ${filter}`)
    const without = filters.filter((filter) => !rows.includes(filter))
    expect(without, 'filters without a row in FILTERS of cursors.test.ts').toEqual([])
    expect(rows, 'the rows are in the order of the tool list').toEqual(filters)
  })
})
