// npm run bench:account: whether the lists of an org with 10,000 licences, 5,000 orders and 2,000 projects cost as much as
// those of a small org in the same database. The tools are called through the MCP endpoint over HTTP, the pages by injected
// requests. Both orgs answer with as many rows, so the small org of the pages, which show 25 or 50, has more than 10.
import pg from 'pg'
import { openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { aMarket, type Market } from '../test/support/a-market.ts'
import { aVisitor } from '../test/support/a-visitor.ts'
import { anApp } from '../test/support/an-app.ts'
import { aConnection, aMcpDoor, called, type McpDoor, noLimits } from '../test/support/mcp.ts'
import { type Filled, fillOrg } from './account-rows.ts'

const ROUNDS = 120
const WARM_UP = 20
const GOAL = 1.5
const LIMIT = 10
const DAY = 24 * 60 * 60 * 1000

/** 10 of each kind: 4 kinds of licences, 3 of orders, 2 of projects. */
const TEN = { licences: 40, orders: 30, projects: 20 }
/** One more of each kind than a page shows. */
const A_PAGE = { licences: 4 * 51, orders: 3 * 26, projects: 2 * 26 }
const MANY = { licences: 10_000, orders: 5_000, projects: 2_000 }
const OWNERS = { ten: 'threeds', page: 'nocard', many: 'declined' } as const
type Org = keyof typeof OWNERS

type Read = () => Promise<unknown>
/** The same list in a small org, and in the large one its first page and one near its end. */
interface Case {
  what: string
  small: Read
  first: Read
  /** Without it the list has one page. */
  deep?: Read
  /** It reads all rows, because that is asked for. */
  isWithoutGoal?: boolean
}

async function run(url: string): Promise<void> {
  await migrate(url, 'migrations')
  const { db, close } = openDatabase(url, { max: 4 })
  const market = await aMarket(db)
  await fill(url, market)
  const door = await aMcpDoor({ db, limits: noLimits() })
  const { app, pages } = await casesOfPages(market)
  console.log('median ms'.padEnd(44), 'small   first  ratio   deep  ratio')
  const results = []
  for (const each of [...(await casesOfTools(door, market)), ...pages]) results.push(await measured(each))
  const worst = Math.max(...results)
  console.log(`the highest ratio is ${worst.toFixed(2)}, the goal ${GOAL}`)
  process.exitCode = worst > GOAL ? 1 : 0
  await Promise.all([door.close(), app.close()])
  await close()
}

async function fill(url: string, market: Market): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const org = (name: Org, slug: string): Pick<Filled, 'org' | 'owner'> => ({
    org: market.org(slug),
    owner: market.person(OWNERS[name]),
  })
  await fillOrg(client, { ...org('ten', 'initech'), digit: 1, size: TEN, isEven: true })
  await fillOrg(client, { ...org('page', 'hooli'), digit: 2, size: A_PAGE, isEven: true })
  await fillOrg(client, { ...org('many', 'umbrella'), digit: 3, size: MANY, isEven: false })
  await client.query('vacuum analyze')
  await client.end()
}

/** Filters of each list: of the large org they may be others, because its rows are of other days. */
const TOOLS: readonly [tool: string, input: object, ofMany?: object][] = [
  ['list_licences', {}],
  ['list_licences', { only: 'with_free_slot' }],
  ['list_licences', { only: 'ended' }],
  ['list_licences', { only: 'ending' }],
  ['list_orders', {}],
  ['list_orders', { sums: true }],
  ['list_orders', { status: 'completed' }],
  ['list_orders', { status: 'open' }],
  ['list_orders', { status: 'cancelled' }],
  ['list_orders', { since: daysAgo(100), until: daysAgo(-1) }, { since: daysAgo(150), until: daysAgo(100) }],
  ['list_invoices', {}],
  [
    'list_invoices',
    { since: daysAgo(100), until: daysAgo(-1) },
    { since: daysAgo(150), until: daysAgo(100) },
  ],
  ['list_projects', {}],
  ['list_projects', { search: 'harbour' }],
  ['list_projects', { search: 'shop' }],
  ['list_projects', { archived: true }],
]

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY).toISOString()
}

async function casesOfTools(door: McpDoor, market: Market): Promise<Case[]> {
  const callerOf = (name: Org, slug: string) =>
    aConnection(market.db, { customer: market.person(OWNERS[name]), activeOrg: market.org(slug) })
  const [ten, many] = [await callerOf('ten', 'initech'), await callerOf('many', 'umbrella')]
  const ask = (caller: { token: string }, tool: string, input: object) => async () => {
    const answer = await called(door, caller, tool, { limit: LIMIT, ...input })
    const { items } = answer as { items?: unknown[] }
    if (items?.length !== LIMIT) throw new Error(`${tool} answered ${JSON.stringify(answer).slice(0, 500)}`)
  }
  const cases: Case[] = []
  for (const [tool, input, ofMany = input] of TOOLS) {
    const cursor = await deepCursor((of) => called(door, many, tool, { ...ofMany, ...of }))
    cases.push({
      what: `${tool} ${textOf(input)}`,
      isWithoutGoal: 'sums' in input,
      small: ask(ten, tool, input),
      first: ask(many, tool, ofMany),
      ...(cursor && { deep: ask(many, tool, { ...ofMany, cursor }) }),
    })
  }
  return cases
}

const textOf = (input: object): string =>
  Object.entries(input)
    .map(([name, value]) => `${name} ${String(value).slice(0, 10)}`)
    .join(', ')

/** The last cursor behind which there are enough rows. */
async function deepCursor(read: (of: object) => Promise<unknown>): Promise<string | undefined> {
  let deep: string | undefined
  for (let cursor: string | undefined; ;) {
    const page = (await read({ limit: 50, ...(cursor && { cursor }) })) as {
      items: unknown[]
      next_cursor?: string
    }
    if (page.items.length >= LIMIT) deep = cursor
    if (!page.next_cursor) return deep
    cursor = page.next_cursor
  }
}

async function casesOfPages({ db }: Market) {
  // pages are limited to so many a minute, so each takes 0.1 s by this clock
  let taken = 0
  const { app } = await anApp(db, { now: () => new Date(Date.now() + taken * 100) })
  const visitorOf = async (name: Org) => {
    const visitor = aVisitor(app)
    await visitor.signIn(OWNERS[name])
    return visitor
  }
  const [page, many] = [await visitorOf('page'), await visitorOf('many')]
  const get = (visitor: typeof page, path: string) => async () => {
    taken++
    const { statusCode, body } = await visitor.get(`/account/${path}`)
    if (statusCode !== 200 || !/<ul\s+class="rows"/.test(body))
      throw new Error(`${path} answered ${statusCode}`)
    return body
  }
  const pages: Case[] = []
  for (const path of PAGES) {
    const deep = await deepPath(path, (at) => get(many, at)())
    pages.push({
      what: `/account/${path}`,
      small: get(page, path),
      first: get(many, path),
      ...(deep && { deep: get(many, deep) }),
    })
  }
  return { app, pages }
}

/** The path of the last page that is full. */
async function deepPath(first: string, read: (path: string) => Promise<string>): Promise<string | undefined> {
  let deep: string | undefined
  for (let path = first; ;) {
    const [, next] = /href="\/account\/([^"]+)"[^>]*>(?:Next|Older) /.exec(await read(path)) ?? []
    if (!next) return deep === first ? undefined : deep
    deep = path
    path = next.replaceAll('&#38;', '&')
  }
}

const PAGES = [
  'licences',
  'licences?only=free',
  'licences?only=ended',
  'licences?only=ending',
  'orders',
  'orders?status=cancelled',
  'projects',
  'projects?q=harbour',
  'projects?show=archived',
]

/** Prints the medians, and returns the higher ratio, or 0 for a case without a goal. */
async function measured({ what, small, first, deep, isWithoutGoal = false }: Case): Promise<number> {
  const reads = [small, first, ...(deep ? [deep] : [])]
  const times = reads.map((): number[] => [])
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [at, read] of reads.entries()) {
      const from = performance.now()
      await read()
      if (round >= 0) times[at]?.push(performance.now() - from)
    }
  const [base = 1, ...others] = times.map(median)
  const ratios = others.map((ms) => ms / base)
  const columns = others.map(
    (ms, at) => `${ms.toFixed(2).padStart(7)} ${(ratios[at] ?? 0).toFixed(2).padStart(6)}`,
  )
  console.log(what.padEnd(44), base.toFixed(2), columns.join(' '))
  return isWithoutGoal ? 0 : Math.max(...ratios)
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

const postgres = await throwAwayPostgres()
try {
  await run(postgres.url())
} finally {
  await postgres.stop()
}
