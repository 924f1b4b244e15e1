import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Chain, listAuditEvents } from '#domain/audit'
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
import { aModernClient, CLIENTS, type McpClient } from '../../support/mcp-clients.ts'

const BUY = 'buy_and_install'
const SEARCH = 'northwind/module-search'
const INVITE = { email: 'ann@example.test', role: 'viewer' }

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let buyer: { customer: Person['customer']; token: string }
beforeAll(async () => {
  database = await aDatabase('market')
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
      const { prompts: listed } = rpc().result as { prompts: { name: string }[] }
      return listed.map(({ name }) => name)
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

  test('a refusal is in the log of the org that the person is in, and else in their own, as that of a tool', async () => {
    const bob = await aPerson(database.db, { role: 'viewer' })
    await refusalOf(bob, { package: SEARCH })
    await refusalOf(bob, { package: SEARCH, org: 'northwind' })
    await send(door, {
      token: bob.token,
      ...modern('tools/call', { name: 'invite_member', arguments: INVITE }),
    })

    const refused = async (chain: Chain) =>
      (await listAuditEvents(database.db, { chain, limit: 9 })).map(({ action, code }) => [action, code])
    expect(await refused(`org:${bob.org.id}`)).toEqual([
      ['invite_member', 'not_allowed'],
      ['prompts/get', 'not_allowed'],
    ])
    expect(await refused(`customer:${bob.customer}`)).toEqual([['prompts/get', 'org_not_found']])
    expect(await refused(`org:${market.org('northwind')}`)).not.toContainEqual([
      'prompts/get',
      'org_not_found',
    ])
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
