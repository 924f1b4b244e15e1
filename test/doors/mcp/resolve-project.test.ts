import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { commerceCloud, headlessShop, plainShop } from '../../support/composer-shops/index.ts'
import { aDatabase } from '../../support/database.ts'
import { manyVendors } from '../../support/many-vendors.ts'
import { aConnection, aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'

const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let market: Market
let buyer: McpClient
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
  buyer = await clientOf('buyer')
})
afterAll(async () => {
  await buyer.close()
  await door.close()
  await database.close()
})

async function clientOf(name: string): Promise<McpClient> {
  const of = { customer: market.person(name), activeOrg: market.org('acme-retail') }
  const { token } = await aConnection(database.db, of)
  return aModernClient(door, token)
}

interface Answer {
  packages: Array<Record<string, unknown>>
  cheapest_set?: {
    items: Array<Record<string, unknown>>
    totals: Array<{ text: string }>
    saved?: { text: string }
  }
  purchases?: Array<{
    arguments: Record<string, unknown>
    quote?: string
    total?: { text: string }
    refused?: object
  }>
  conflicts?: Array<{ code: string; next_step: string }>
  more_conflicts?: number
  notes: string[]
}

const ask = async (input: object, client = buyer): Promise<Answer> =>
  (await client.call('resolve_project', { ...input })).structuredContent as unknown as Answer

describe('resolve_project', () => {
  test('the purchase that it quotes has the same price as a dry run, and nothing is bought or put into the cart', async () => {
    const { slug } = await aProject(market)
    const { composer_json, composer_lock } = plainShop()
    const found = await ask({ composer_json: JSON.stringify(composer_json), composer_lock, project: slug })
    const [purchase] = found.purchases ?? []
    const dryRun = await buyer.call('purchase_and_install_package', {
      ...purchase?.arguments,
      idempotency_key: 'a-dry-run-of-the-set',
      dry_run: true,
    })

    expect(purchase?.arguments).toEqual({ packages: ['northwind/suite'], project: slug })
    expect(purchase?.quote).toMatch(/^quo_/)
    expect(dryRun.structuredContent).toMatchObject({ result: { total: purchase?.total } })
    expect(found.cheapest_set).toMatchObject({
      totals: [{ text: '129.00 EUR' }],
      saved: { text: '19.00 EUR' },
    })
    for (const table of ['orders', 'operations', 'cart_items'] as const)
      expect(await database.db.selectFrom(table).select('org_id').execute()).toEqual([])
  })

  test('a purchase that cannot be made now is refused with a next step, and the rest is answered', async () => {
    const { slug } = await aProject(market, { name: 'Taken' })
    const found = await ask({ composer_json: { require: { [SEARCH]: '*' } }, new_project: { name: 'Taken' } })

    expect(found.packages).toMatchObject([{ package: SEARCH, state: 'buy' }])
    expect(found.purchases).toMatchObject([{ refused: { code: 'project_name_taken' } }])
    expect(JSON.stringify(found.purchases)).toContain(`project: ${slug}`)
  })

  test('a reduced lock is read as text and as a list, and each conflict has a next step', async () => {
    const { composer_json, installed = '' } = headlessShop()
    const list = installed
      .split('\n')
      .map((line) => ({ name: line.split(' ')[0], version: line.split(' ')[1] }))
    const found = await ask({ composer_json, installed })

    expect(await ask({ composer_json, installed: list })).toEqual(found)
    expect(found.conflicts?.map(({ code }) => code)).toEqual([
      'no_matching_version',
      'installed_version_clashes',
      'packages_clash',
      'unknown_package',
    ])
    expect(found.conflicts?.every(({ next_step }) => next_step.length > 10)).toBe(true)
    expect(found.notes).toContain(
      'Prices are for Magento open-source. Call again with project or new_project for quotes.',
    )
  })

  test('what cannot be bought for an edition has the code and the next step of a purchase', async () => {
    const found = await ask({ ...commerceCloud() })

    expect(found.conflicts).toMatchObject([{ code: 'edition_not_sold', packages: [SEARCH] }])
  })

  test('a developer gets quotes and a viewer no price', async () => {
    const { slug } = await aProject(market)
    const [developer, viewer] = await Promise.all([clientOf('developer'), clientOf('viewer')])
    const input = { composer_json: { require: { [SEARCH]: '*' } }, project: slug }
    const [seen, only] = [await ask(input, developer), await ask(input, viewer)]

    expect(seen.purchases).toMatchObject([{ total: { text: '49.00 EUR' } }])
    expect(seen.notes).toContain(
      'An owner, admin or billing member may buy it; add_to_cart puts it into the cart.',
    )
    expect(only.packages).toEqual(seen.packages)
    expect(JSON.stringify(only)).not.toMatch(/EUR|amount/)
    await Promise.all([developer.close(), viewer.close()])
  })

  test('what is covered says by which licence and suite', async () => {
    const { id, slug } = await aProject(market)
    const { id: licence } = await aLicence(market, { package: 'northwind/suite', project: id })
    const found = await ask({ composer_json: { require: { [SEARCH]: '^1.0' } }, project: slug })

    expect(found.packages).toMatchObject([
      { package: SEARCH, state: 'covered', through: 'northwind/suite', licence },
    ])
    expect(found.notes).toEqual(['Nothing has to be bought.'])
  })

  test('thousands of unknown names of many vendors give a short answer that says how many more there are', async () => {
    const slugs = ['northwind', ...(await manyVendors(database.db, 50))]
    const name = (slug: string, n: number) => `${slug}/${n}-`.padEnd(64, 'x')
    const names = slugs.flatMap((slug) => Array.from({ length: 190 }, (_, n) => name(slug, n)))
    const found = await ask({
      composer_json: { require: Object.fromEntries(names.map((each) => [each, '*'])) },
    })

    const [first, second, third] = names
    expect(found.conflicts?.[0]).toMatchObject({
      code: 'unknown_package',
      packages: [first, second, third],
      message: `This market serves the packages of northwind, and has no ${first}, ${second}, ${third} and 187 more.`,
    })
    expect([found.conflicts?.length, found.more_conflicts]).toEqual([30, 21])
    expect(JSON.stringify(found).length).toBeLessThan(24_000)
  })

  test('a file that is no JSON is refused with the field and a next step', async () => {
    const refused = errorIn(await buyer.call('resolve_project', { composer_json: '{' }))

    expect(refused).toMatchObject({ code: 'composer_file_unreadable', field: 'composer_json' })
  })
})
