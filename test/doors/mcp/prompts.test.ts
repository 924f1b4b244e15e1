import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listAuditEvents } from '#domain/audit'
import { createProject } from '#domain/projects'
import { mintId, type OrgId } from '#kernel/ids'
import { prompts } from '../../../src/mcp/prompts/index.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
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
  type Person,
  send,
} from '../../support/mcp.ts'
import { aModernClient, CLIENTS, type McpClient, type Typed } from '../../support/mcp-clients.ts'

const BUY = 'buy_and_install'
const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let buyer: { customer: Person['customer']; token: string }
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
  const who = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  buyer = { customer: who.customer, ...(await aConnection(database.db, who)) }
})
afterAll(async () => {
  await door.close()
  await database.close()
})

async function connected(
  token: string,
  connect: (typeof CLIENTS)[number][1] = aModernClient,
): Promise<McpClient> {
  const client = await connect(door, token)
  onTestFinished(() => client.close())
  return client
}

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

const named = async (client: McpClient) => (await client.prompts()).map(({ name }) => name)

describe.for(CLIENTS)('prompts for a client of %s', ([, connect]) => {
  test('a client lists each prompt with its arguments', async () => {
    const client = await connected(buyer.token, connect)

    const listed = await client.prompts()

    expect(
      listed.map(({ name, arguments: args = [] }) => [
        name,
        args.map(({ name: arg, required }) => `${arg}${required ? '*' : ''}`),
      ]),
    ).toEqual([
      [BUY, ['package*', 'project', 'org']],
      ['publish_repository', ['repository*', 'org']],
      ['what_ends_soon', ['org']],
    ])
  })

  test('the text of a prompt names the package, the project and the org, and asks for a yes before it buys', async () => {
    const client = await connected(buyer.token, connect)

    const text = await client.prompt(BUY, { package: SEARCH, project: 'staging-shop' })

    expect(text).toContain(`Buy the package ${SEARCH} for my project staging-shop`)
    expect(text).toContain('pass org: "acme-retail"')
    const [dryRun, yes, purchase] = ['with dry_run: true', 'Only a clear yes', 'After my yes'].map((part) =>
      text.indexOf(part),
    )
    expect([dryRun, yes, purchase]).toEqual([dryRun, yes, purchase].toSorted((a = 0, b = 0) => a - b))
    expect(dryRun).toBeGreaterThan(0)
  })

  test('an argument is completed by the names that begin with what was typed', async () => {
    const client = await connected(buyer.token, connect)

    expect(
      await client.complete({ prompt: BUY, argument: 'package', value: 'northwind/module-s' }),
    ).toContain(SEARCH)
    expect(await client.complete({ prompt: BUY, argument: 'org', value: 'AC' })).toEqual(['acme-retail'])
  })
})

describe('the prompts that a person sees', () => {
  test.for([
    ['owner', [BUY, 'publish_repository', 'what_ends_soon']],
    ['developer', ['publish_repository', 'what_ends_soon']],
    ['billing', [BUY, 'what_ends_soon']],
    ['viewer', ['what_ends_soon']],
  ] as const)('the role %s sees exactly the prompts whose tool it may call', async ([role, expected]) => {
    const { token } = await aPerson(database.db, { role })

    expect(await named(await connected(token))).toEqual(expected)
  })

  test('a prompt is listed when the role in another org allows it', async () => {
    const bob = await aPerson(database.db, { role: 'viewer' })
    await joins(database.db, bob, 'billing')

    expect(await named(await connected(bob.token))).toEqual([BUY, 'what_ends_soon'])
  })

  test('a connection without the scopes of a tool does not see its prompt, and is asked for them when it names it', async () => {
    const bob = await aPerson(database.db, { scopes: ['read'] })

    const list = await send(door, { token: bob.token, ...older('prompts/list') })
    const get = await send(door, {
      token: bob.token,
      ...older('prompts/get', { name: BUY, arguments: { package: SEARCH } }),
    })

    expect(JSON.stringify(list.rpc().result)).not.toContain(BUY)
    expect(get.status).toBe(403)
    expect(get.headers['www-authenticate']).toContain('scope="read projects buy"')
    const [event] = await listAuditEvents(database.db, { chain: `customer:${bob.customer}`, limit: 9 })
    expect(event).toMatchObject({ action: 'prompts/get', outcome: 'refused', code: 'insufficient_scope' })
  })

  test('a path has only the prompts whose tools it serves', async () => {
    const at = async (path: string) => {
      const url = new URL(path, door.url)
      const { rpc } = await send({ url }, { token: buyer.token, ...older('prompts/list') })
      return (rpc().result?.prompts as { name: string }[]).map(({ name }) => name)
    }

    expect(await at('/mcp/readonly')).toEqual(['what_ends_soon'])
    expect(await at('/mcp/x/publish')).toEqual(['publish_repository', 'what_ends_soon'])
  })
})

describe('what a prompt refuses', () => {
  const refusalOf = async (who: { token: string }, args: object, name = BUY) => {
    const { rpc } = await send(door, {
      token: who.token,
      ...modern('prompts/get', { name, arguments: args }),
    })
    return rpc().error
  }

  test.for([
    ['a misspelt argument', { packet: SEARCH }, 'There is no parameter packet.'],
    ['a package with a version', { package: `${SEARCH}:^1.0` }, 'vendor/package without a version'],
    ['an org that does not exist', { package: SEARCH, org: 'nobody' }, 'Call list_orgs'],
    ['an org of others', { package: SEARCH, org: 'northwind' }, 'Call list_orgs'],
    ['an org where the role may not buy', { package: SEARCH, org: 'globex' }, 'viewer'],
  ] as const)('%s is refused with what to do next', async ([, args, says]) => {
    const error = await refusalOf(buyer, args)

    expect(error?.code).toBe(-32602)
    expect(error?.message).toContain(says)
  })

  test('an org of others is refused with the same words as one that does not exist', async () => {
    const [foreign, absent] = [
      await refusalOf(buyer, { org: 'northwind' }, 'what_ends_soon'),
      await refusalOf(buyer, { org: 'no-such-1' }, 'what_ends_soon'),
    ]

    expect(foreign?.message.replace('northwind', '…')).toBe(absent?.message.replace('no-such-1', '…'))
  })

  test('an empty argument counts as left out, because forms send it', async () => {
    const client = await connected(buyer.token)

    expect(await client.prompt(BUY, { package: SEARCH, project: '', org: '' })).toContain(
      'one of my projects',
    )
  })
})

describe('what a completion shows', () => {
  const complete = async (typed: Omit<Typed, 'prompt'>, who: { token: string } = buyer) =>
    (await connected(who.token)).complete({ prompt: BUY, ...typed })

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

    const { values, hasMore } = rpc().result?.completion as { values: string[]; hasMore: boolean }
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

test('the text of a prompt names only tools that exist, and buys only after a dry run', () => {
  const names = tools.map(({ name }) => name)
  const prefixes = [...new Set(names.map((name) => name.split('_')[0]))]
  for (const { name, text } of prompts) {
    const said = text({ package: SEARCH, repository: 'https://git.example/a/b' }, 'acme')
    const calls =
      said.match(/\b[a-z]+(?:_[a-z]+)+\b/g)?.filter((word) => prefixes.includes(word.split('_')[0] ?? '')) ??
      []

    expect([name, calls.filter((call) => !names.includes(call))]).toEqual([name, []])
    expect(said.length).toBeLessThan(2_500)
  }
})
