import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, older, send } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'
import { readOnlyCalls } from '../../support/read-only-calls.ts'
import { DEFAULT_SPENDING } from '../../support/spending.ts'
import RECORDED from './token-budget.json' with { type: 'json' }

/** Tokens of the whole list for each role, for the 83 tools that are planned; then limits of one tool and of the average. */
const BUDGET = { viewer: 6_000, billing: 9_000, developer: 12_000, admin: 13_000, owner: 13_000 }
const ROLES = Object.keys(BUDGET) as (keyof typeof BUDGET)[]
const [OF_ONE_TOOL, ON_AVERAGE, ON_THE_WIRE] = [400, 190, 110_000]

interface Listed {
  name: string
  title: string
  description: string
  inputSchema: { properties?: Record<string, unknown>; required?: string[] }
  annotations: Record<string, boolean>
}

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
const lists = {} as Record<keyof typeof BUDGET, Listed[]>
let bytes: number
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, spending: DEFAULT_SPENDING })
  for (const role of ROLES) {
    const { token } = await aPerson(database.db, { role })
    const { rpc, text } = await send(door, { token, ...older('tools/list') })
    lists[role] = rpc().result?.tools as Listed[]
    bytes = text.length
  }
})
afterAll(async () => {
  await door.close()
  await database.close()
})

/** An estimate of the tokens: a token was measured to have 4.1 to 4.3 characters. */
const tokensOf = ({ name, description, inputSchema }: Listed) =>
  JSON.stringify({ name, description, inputSchema }).length / 4
const inAll = (tools: Listed[]) => Math.round(tools.reduce((sum, tool) => sum + tokensOf(tool), 0))

describe('the size of the tool list', () => {
  test('the tool list is at most a tenth larger than recorded in token-budget.json', () => {
    const measured = { ...Object.fromEntries(ROLES.map((role) => [role, inAll(lists[role])])), bytes }
    const grown = Object.entries(measured).filter(
      ([name, count]) => count > 1.1 * RECORDED[name as keyof typeof RECORDED],
    )

    expect(grown, `if the growth is intended, record: ${JSON.stringify(measured)}`).toEqual([])
  })

  test.for(ROLES)('the tool list of the role %s is within its budget', (role) => {
    expect(inAll(lists[role])).toBeLessThanOrEqual(BUDGET[role])
    expect(inAll(lists[role]) / lists[role].length).toBeLessThanOrEqual(ON_AVERAGE)
  })

  test('each tool and the whole response are within their limits', () => {
    const large = lists.owner.filter((tool) => tokensOf(tool) > OF_ONE_TOOL)

    expect(large.map(({ name }) => name)).toEqual([])
    expect(bytes).toBeLessThanOrEqual(ON_THE_WIRE)
  })
})

/** Replaces what differs in each run: ids, keys, and the times of the connection and of the quote. */
const withoutVariableParts = (text: string) =>
  text
    .replaceAll(/\b([a-z]{2,3})_[0-9A-HJKMNP-TV-Z]{26}\b/g, '$1_…')
    .replaceAll(/\bppk_\w+/g, 'ppk_…')
    .replaceAll(/\bquo_\w+/g, 'quo_…')
    .replaceAll(/("(since|at)": )"[^"]+"/g, '$1"…"')
    .replace(/("expires_at": )"[^"]+"/, '$1"…"')

function inWords(
  { name, title, description, inputSchema, annotations }: Listed,
  answer: object | undefined,
): string {
  const { properties = {}, required = [], ...rest } = inputSchema
  const hints = Object.entries(annotations).filter(([, is]) => is)
  return [
    `== ${name} (${title})`,
    hints.map(([hint]) => hint.replace('Hint', '')).join(', ') || 'no hint',
    description,
    ...Object.entries(properties).map(
      ([key, schema]) => `  ${key}${required.includes(key) ? '*' : ''} ${JSON.stringify(schema)}`,
    ),
    `  ${JSON.stringify(rest)}`,
    ...(answer ? [`returns ${withoutVariableParts(JSON.stringify(answer, undefined, 1))}`] : []),
    '',
  ].join('\n')
}

test('every tool that a model sees, and a result of each read tool, equal the snapshot', async () => {
  const reads = await readOnlyCalls(market)
  const buyer = await aMember({ door, market }, aModernClient)
  const described: string[] = []
  for (const tool of lists.owner) {
    const read = reads.find((each) => each.tool.name === tool.name)
    described.push(inWords(tool, read && (await buyer.ask(tool.name, read.input))))
  }

  await expect(described.join('\n')).toMatchFileSnapshot('what-a-model-sees.txt')
})
