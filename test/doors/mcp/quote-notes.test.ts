import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aStoredVersion } from '../../support/a-stored-version.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient, type McpClient } from '../../support/mcp-clients.ts'

const SEARCH = 'northwind/module-search'
const LABELS = 'fabrikam/module-labels'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let market: Market
let buyer: McpClient
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
  const { token } = await aConnection(database.db, {
    customer: market.person('buyer'),
    activeOrg: market.org('acme-retail'),
  })
  buyer = await aModernClient(door, token)
})
beforeEach(() => database.db.deleteFrom('cart_items').execute())
afterAll(async () => {
  await buyer.close()
  await door.close()
  await database.close()
})

test('a quote says in sentences that nothing was bought, for which project, and what comes with what', async () => {
  await buyer.call('add_to_cart', { packages: ['northwind/suite', SEARCH] })

  const new_project = { name: 'Spring shop' }
  const { structuredContent } = await buyer.call('quote_cart', { new_project })

  expect(structuredContent).toMatchObject({
    total: { text: '129.00 EUR' },
    saved: { text: '49.00 EUR' },
    for_project: { slug: 'spring-shop', edition: 'open-source', is_new: true },
    card: 'visa 4242',
    notes: [
      'Nothing was bought or reserved.',
      'For the new project spring-shop (open-source).',
      'Card: visa 4242.',
      'northwind/module-search would not be bought: it comes with northwind/suite.',
      expect.stringMatching(/^northwind\/suite would be bought: 129\.00 EUR, until 20\d\d-/),
      'What comes with others would cost 49.00 EUR more by itself.',
      expect.stringContaining('does not renew by itself'),
    ],
  })
})

test('a quote names packages that Composer will ask for and that the project has no licence of, with the amount', async () => {
  const at = new Date()
  const manifest = (name: string, require: object) => ({ name, version: '9.0.0', require })
  const requires = (name: string, other: string) =>
    aStoredVersion(database.db, {
      packageId: market.package(name),
      tag: 'v9.0.0',
      manifest: manifest(name, { php: '>=8.1', 'other/thing': '^1.0', [other]: '^1.0' }),
      at,
    })
  await requires(LABELS, SEARCH)
  await requires(SEARCH, 'northwind/module-hello')
  await buyer.call('add_to_cart', { packages: [LABELS] })

  const quoted = async (input: { project: string }) =>
    (await buyer.call('quote_cart', input)).structuredContent
  const { id: project } = await aProject(market, { name: 'Needy' })
  const needed = await quoted({ project })
  await aLicence(market, { package: 'northwind/suite', project })
  const satisfied = await quoted({ project })
  await database.db.deleteFrom('versions').where('tag', '=', 'v9.0.0').execute()

  expect(needed).toMatchObject({
    also_needs: [
      { package: SEARCH, required_by: LABELS, price: { text: '49.00 EUR' } },
      { package: 'northwind/module-hello', required_by: SEARCH, price: { amount_minor: 0 } },
    ],
    notes: expect.arrayContaining([
      `${LABELS} requires ${SEARCH}, which the project has no licence of (49.00 EUR): without it Composer stops with 402.`,
    ]),
  })
  expect(JSON.stringify(satisfied)).not.toContain(SEARCH)
})
