import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aMember, resultIn } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient, CLIENTS } from '../../support/mcp-clients.ts'
import { readOnlyCalls } from '../../support/read-only-calls.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let reads: Awaited<ReturnType<typeof readOnlyCalls>>
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  reads = await readOnlyCalls(market)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const formatted = () => reads.filter(({ tool }) => 'response_format' in tool.input.shape)
const isList = ({ name }: { name: string }) => name.startsWith('list_')
const sizeOf = (answer: object) => JSON.stringify(answer).length

/** Its answer is small: the checks of one version, about ten. */
const WHOLE = 'list_version_checks'

test('every list tool takes a limit, a cursor and a response format', () => {
  const lists = tools
    .filter((tool) => isList(tool) && tool.name !== WHOLE)
    .map(({ name, input }) => [name, Object.keys(input.shape)] as const)

  for (const [name, parameters] of lists)
    expect([name, ...parameters]).toEqual(expect.arrayContaining(['limit', 'cursor', 'response_format']))
})

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  test('every read tool returns the same result as text and as structured content in each format', async () => {
    const buyer = await aMember({ door, market }, connect)

    for (const { tool, input } of formatted())
      for (const response_format of isList(tool) ? ['concise', 'detailed', 'csv'] : ['concise', 'detailed']) {
        const answer = resultIn(await buyer.client.call(tool.name, { ...input, response_format }))
        expect([tool.name, Object.keys(answer)]).not.toEqual([tool.name, []])
        expect([tool.name, 'csv' in answer]).toEqual([tool.name, response_format === 'csv'])
        expect([tool.name, 'items' in answer]).toEqual([tool.name, isList(tool) && response_format !== 'csv'])
      }
  })
})

describe('a tool result', () => {
  test('the result of a tool that takes an org begins with the org', async () => {
    const buyer = await aMember({ door, market }, aModernClient)
    const withOrg = reads.filter(({ tool }) => 'org' in tool.input.shape)

    for (const { tool, input } of withOrg) {
      const [first] = Object.entries(await buyer.ask(tool.name, input))
      expect([tool.name, first]).toEqual([tool.name, ['org', 'acme-retail']])
    }
    expect(withOrg.length).toBeGreaterThan(8)
  })

  test('each detailed result is longer than the concise one, and all together are nearly twice as long', async () => {
    const buyer = await aMember({ door, market }, aModernClient)
    const sizes = { concise: 0, detailed: 0 }

    for (const { tool, input } of formatted()) {
      const concise = await buyer.ask(tool.name, input)
      const detailed = await buyer.ask(tool.name, { ...input, response_format: 'detailed' })
      expect([tool.name, sizeOf(concise) < sizeOf(detailed)]).toEqual([tool.name, true])
      sizes.concise += sizeOf(concise)
      sizes.detailed += sizeOf(detailed)
    }

    expect(sizes.detailed / sizes.concise).toBeGreaterThan(1.8)
  })

  test('list_licences returns in one call what an org owns and where it is installed', async () => {
    const buyer = await aMember({ door, market }, aModernClient)

    expect(await buyer.ask('list_licences')).toEqual({
      org: 'acme-retail',
      items: [
        {
          id: expect.stringMatching(/^lic_/),
          package: 'northwind/module-stock',
          status: 'active',
          valid_until: '2027-03-01T09:45:00.000Z',
          free_slots: 0,
          projects: ['web-shop'],
        },
        {
          id: expect.stringMatching(/^lic_/),
          package: 'northwind/module-search',
          status: 'active',
          free_slots: 0,
          projects: ['web-shop'],
        },
      ],
    })
  })
})
