import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, older, send } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'
import { readings } from '../../support/readings.ts'
import RECORDED from './token-budget.json' with { type: 'json' }

/** Of the whole list, with what mcp.md expects of 83 tools; one tool, and all on average. */
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
  database = await aDatabase()
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
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

/** A model's tokens, measured: 4.1 to 4.3 characters each. */
const tokensOf = ({ name, description, inputSchema }: Listed) =>
  JSON.stringify({ name, description, inputSchema }).length / 4
const inAll = (tools: Listed[]) => Math.round(tools.reduce((sum, tool) => sum + tokensOf(tool), 0))

describe('what a list costs a model', () => {
  test('is at most a tenth more than what is recorded in token-budget.json', () => {
    const measured = { ...Object.fromEntries(ROLES.map((role) => [role, inAll(lists[role])])), bytes }
    const grown = Object.entries(measured).filter(
      ([name, count]) => count > 1.1 * RECORDED[name as keyof typeof RECORDED],
    )

    expect(grown, `record it when it is worth it: ${JSON.stringify(measured)}`).toEqual([])
  })

  test.for(ROLES)('is within the budget of one who is %s', (role) => {
    expect(inAll(lists[role])).toBeLessThanOrEqual(BUDGET[role])
    expect(inAll(lists[role]) / lists[role].length).toBeLessThanOrEqual(ON_AVERAGE)
  })

  test('is small for each tool, and for all of them with their outputs on the wire', () => {
    const large = lists.owner.filter((tool) => tokensOf(tool) > OF_ONE_TOOL)

    expect(large.map(({ name }) => name)).toEqual([])
    expect(bytes).toBeLessThanOrEqual(ON_THE_WIRE)
  })
})

/** The rest of an id is chance, and the client was connected just now, as the quote was made. */
const withoutChance = (text: string) =>
  text
    .replaceAll(/\b([a-z]{2,3})_[0-9A-HJKMNP-TV-Z]{26}\b/g, '$1_…')
    .replaceAll(/\bppk_\w+/g, 'ppk_…')
    .replaceAll(/\bquo_\w+/g, 'quo_…')
    .replace(/("(since|expires_at)": )"[^"]+"/, '$1"…"')

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
    ...(answer ? [`answers ${withoutChance(JSON.stringify(answer, undefined, 1))}`] : []),
    '',
  ].join('\n')
}

test('is kept word for word, with an answer of each tool that reads', async () => {
  const reads = await readings(market)
  const buyer = await aMember({ door, market }, aModernClient)
  const told: string[] = []
  for (const tool of lists.owner) {
    const read = reads.find((each) => each.tool.name === tool.name)
    told.push(inWords(tool, read && (await buyer.ask(tool.name, read.input))))
  }

  await expect(told.join('\n')).toMatchFileSnapshot('what-a-model-sees.txt')
})
