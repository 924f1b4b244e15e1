import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createProject } from '#domain/projects'
import { mintId, type OrgId } from '#kernel/ids'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import {
  aConnection,
  aMcpDoor,
  aPerson,
  joins,
  type McpDoor,
  modern,
  noLimits,
  older,
  send,
} from '../../support/mcp.ts'
import { aModernClient, type Typed } from '../../support/mcp-clients.ts'

const BUY = 'buy_and_install'
const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let buyer: { token: string }
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
  const who = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  buyer = await aConnection(database.db, who)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

/** The slug of a project is made from its name, and these are the same. */
const aProject = (orgId: OrgId, name: string) =>
  createProject(database.db, {
    id: mintId('prj', new Date(), Math.random),
    orgId,
    name,
    edition: 'open-source',
    createdBy: market.person('buyer'),
    at: new Date(),
  })

describe('what a completion shows', () => {
  async function complete(typed: Omit<Typed, 'prompt'>, { token }: { token: string } = buyer) {
    const client = await aModernClient(door, token)
    onTestFinished(() => client.close())
    return client.complete({ prompt: BUY, ...typed })
  }

  test('a project is completed in the org that is filled in, or else in the active one', async () => {
    const bob = await aPerson(database.db)
    const other = await joins(database.db, bob, 'viewer')
    await aProject(bob.org.id, 'shop-one')
    await aProject(bob.org.id, 'shop-two')
    await aProject(bob.org.id, 'storefront')
    await aProject(other.id, 'shop-other')

    expect(await complete({ argument: 'project', value: 'shop' }, bob)).toEqual(['shop-one', 'shop-two'])
    expect(await complete({ argument: 'project', value: '' }, bob)).toEqual([
      'shop-one',
      'shop-two',
      'storefront',
    ])
    expect(await complete({ argument: 'project', value: 'shop', filled: { org: other.slug } }, bob)).toEqual([
      'shop-other',
    ])
  })

  test('a name is completed by any part of it, and those that begin with it come first', async () => {
    const bob = await aPerson(database.db)
    for (const name of ['a-shop', 'shop-b', 'other', 'shop-a']) await aProject(bob.org.id, name)

    const packages = await complete({ argument: 'package', value: 'n' })

    expect(await complete({ argument: 'package', value: 'search' })).toEqual([SEARCH])
    expect([packages.at(0), packages.at(-1)]).toEqual([
      expect.stringMatching(/^northwind/),
      'fabrikam/module-broken',
    ])
    expect(await complete({ argument: 'project', value: 'shop' }, bob)).toEqual([
      'shop-a',
      'shop-b',
      'a-shop',
    ])
    expect(await complete({ argument: 'org', value: bob.org.slug.slice(1) }, bob)).toEqual([bob.org.slug])
  })

  test('no project and no org of strangers is shown', async () => {
    const bob = await aPerson(database.db)
    await aProject(bob.org.id, 'secret-project')

    expect(await complete({ argument: 'project', value: 'secret' })).toEqual([])
    expect(await complete({ argument: 'project', value: 'secret', filled: { org: bob.org.slug } })).toEqual(
      [],
    )
    expect(await complete({ argument: 'org', value: bob.org.slug })).toEqual([])
  })

  test('a package that the shop does not show is not completed', async () => {
    const before = await complete({ argument: 'package', value: SEARCH })
    await database.db
      .updateTable('packages')
      .set({ hidden_at: new Date() })
      .where('name', '=', SEARCH)
      .execute()
    const hidden = await complete({ argument: 'package', value: SEARCH })
    await database.db.updateTable('packages').set({ hidden_at: null }).where('name', '=', SEARCH).execute()

    expect([before, hidden]).toEqual([[SEARCH], []])
  })

  test('a long list is cut, and says that there is more', async () => {
    const bob = await aPerson(database.db)
    for (let at = 10; at < 35; at += 1) await aProject(bob.org.id, `p-${at}`)

    const { rpc } = await send(door, {
      token: bob.token,
      ...modern('completion/complete', {
        ref: { type: 'ref/prompt', name: BUY },
        argument: { name: 'project', value: 'p-' },
      }),
    })

    const { completion } = rpc().result as { completion: { values: string[]; hasMore: boolean } }
    const { values, hasMore } = completion
    expect([values.length, values[0], hasMore]).toEqual([20, 'p-10', true])
  })

  test.for([
    ['a percent sign', '%'],
    ['a NUL', 'shop\0'],
    ['half a surrogate pair', 'shop\ud800'],
    ['more than a name can have', 'x'.repeat(5_000)],
  ])('%s completes to nothing', async ([, value = '']) => {
    for (const argument of ['package', 'project', 'org', 'no_such_argument'])
      expect(await complete({ argument, value })).toEqual([])
  })

  test('a prompt that does not exist, or a template of resources, has no completions', async () => {
    const refs = [
      { type: 'ref/prompt', name: 'nothing' },
      { type: 'ref/resource', uri: 'ui://packagento/quote' },
    ]
    for (const ref of refs) {
      const sent = older('completion/complete', { ref, argument: { name: 'org', value: '' } })
      expect((await send(door, { token: buyer.token, ...sent })).rpc().error?.code).toBe(-32602)
    }
  })
})
