import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Scope, SCOPES } from '#domain/orgs'
import { isAboutOneOrg } from '../../../src/mcp/call/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aGuestOf, aProjectOf } from '../../support/a-share.ts'
import { aDatabase } from '../../support/database.ts'
import {
  aConnection,
  aMcpDoor,
  aPerson,
  joins,
  type McpDoor,
  older,
  type Person,
  send,
} from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'
import { inputFor } from '../../support/tool-inputs.ts'
import { TOOL_MATRIX, type ToolRow } from '../../support/tool-matrix.ts'

const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const

const named = (some: readonly ToolRow[]) => some.map(({ tool }) => tool)

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

test('the role table has every tool, in the order of the tool list', () => {
  const names = tools.map(({ name }) => name)
  const without = names.filter((name) => !named(TOOL_MATRIX).includes(name))
  expect(without, 'tools without a row in test/support/tool-matrix.ts').toEqual([])
  expect(named(TOOL_MATRIX), 'the rows are in the order of src/mcp/tools/index.ts').toEqual(names)
})

describe.for(ROLES)('a person with the role %s', (role) => {
  let client: McpClient
  let person: Awaited<ReturnType<typeof aPerson>>
  beforeAll(async () => {
    person = await aPerson(database.db, { role })
    client = await aModernClient(door, person.token)
  })
  afterAll(() => client.close())

  test(`the tool list contains exactly the tools that the role ${role} may use`, async () => {
    const { tools: listed } = await client.listTools()

    expect(listed.map(({ name }) => name)).toEqual(named(TOOL_MATRIX.filter(({ may }) => may.includes(role))))
  })

  test.for(TOOL_MATRIX.filter(({ may }) => may.includes(role)))(
    `the role ${role} may call $tool and gets: $finds`,
    async ({ tool, finds }) => {
      const answer = await client.call(tool, inputFor(tool))

      expect(answer.structuredContent ? 'answered' : errorIn(answer).code).toBe(finds)
    },
  )

  test.for(TOOL_MATRIX.filter(({ may }) => !may.includes(role)))(
    `the role ${role} may not call $tool, and the refusal names the roles that may`,
    async ({ tool, may }) => {
      const error = errorIn(await client.call(tool, inputFor(tool)))

      expect(error).toMatchObject({
        code: 'not_allowed',
        next_step: expect.stringContaining(
          `Ask a member with one of these roles to do it: ${ROLES.filter((each) => may.includes(each)).join(', ')}.`,
        ),
        retryable: false,
      })
    },
  )

  test('a person sees the tools of all their roles, and may use each only in the org of the role', async () => {
    const other = await joins(database.db, person, 'developer')
    const mine = await joins(database.db, person, 'viewer')

    // a new client, because a client caches its list for a minute
    const fresh = await aModernClient(door, person.token)
    const { tools: listed } = await fresh.listTools()
    await fresh.close()

    const either = TOOL_MATRIX.filter(({ may }) => may.includes(role) || may.includes('developer'))
    expect(listed.map(({ name }) => name)).toEqual(named(either))
    const create = (org: string) => client.call('create_project', { name: 'A shop', org })
    expect((await create(other.slug)).structuredContent).toMatchObject({ org: other.slug })
    expect(errorIn(await create(mine.slug))).toMatchObject({ code: 'not_allowed' })
  })
})

describe('a call for an org of which the caller is no member', () => {
  const isForOneOrg = (name: string) => tools.some((tool) => tool.name === name && isAboutOneOrg(tool))
  let owner: Person
  beforeAll(async () => {
    owner = await aPerson(database.db)
  })

  test.for(['guest_developer', 'guest_viewer', 'stranger'] as const)(
    'each tool answers a %s as the matrix says',
    async (who) => {
      const person = await aPerson(database.db)
      if (who !== 'stranger') await becomesGuest(person, who)
      const client = await aModernClient(door, person.token)
      const found: Record<string, string> = {}
      for (const row of TOOL_MATRIX) {
        const aboutOrg = isForOneOrg(row.tool) && { org: owner.org.slug }
        const answer = await client.call(row.tool, { ...inputFor(row.tool), ...aboutOrg })
        found[row.tool] = markOf(row, answer.structuredContent ? 'answered' : String(errorIn(answer).code))
      }
      await client.close()

      expect(found).toEqual(Object.fromEntries(TOOL_MATRIX.map(({ tool, marks }) => [tool, marks[who]])))
    },
  )

  test('without a token each tool is answered with 401, before its name or input is looked at', async () => {
    for (const { tool, marks } of TOOL_MATRIX) {
      const { status } = await send(door, older('tools/call', { name: tool, arguments: inputFor(tool) }))
      expect([tool, String(status)]).toEqual([tool, marks.nobody])
    }
  })

  test.for(['guest_developer', 'guest_viewer'] as const)(
    'a %s without an org of their own sees exactly the tools that guests may use',
    async (who) => {
      const person = await aPerson(database.db)
      await database.db.deleteFrom('org_members').where('customer_id', '=', person.customer).execute()
      await becomesGuest(person, who)
      const client = await aModernClient(door, person.token)
      const { tools: listed } = await client.listTools()
      await client.close()

      expect(listed.map(({ name }) => name)).toEqual(
        named(TOOL_MATRIX.filter(({ may }) => may.includes(who))),
      )
    },
  )

  async function becomesGuest(guest: Person, who: 'guest_developer' | 'guest_viewer') {
    const { org, customer: by } = owner
    const { id: project } = await aProjectOf(database.db, org.id, by)
    const role = who === 'guest_viewer' ? 'viewer' : 'developer'
    await aGuestOf(database.db, door.secrets, { org: org.id, by, project, role, guest })
  }
})

/** The mark of a code; a code that no column stands for is returned as it is. */
function markOf({ tool, finds }: ToolRow, code: string): string {
  if (code === 'not_allowed') return '-'
  // the org exists, so the caller may choose it
  const expected = tool === 'set_active_org' ? 'answered' : finds
  if (code === expected) return 'y'
  return code === 'org_not_found' ? '?' : code
}

describe.for(SCOPES)('a connection with the scope %s besides read', (scope) => {
  const scopes = [...new Set<Scope>(['read', scope])]
  const covered = (row: ToolRow) => row.scopes.every((each) => scopes.includes(each))

  test(`an owner whose connection has the scope ${scope} sees the tools it covers, and a call of another tool asks for its scopes`, async () => {
    const owner = await aPerson(database.db)
    const { token } = await aConnection(database.db, {
      customer: owner.customer,
      activeOrg: owner.org.id,
      scopes,
    })
    const client = await aModernClient(door, token)
    const { tools: listed } = await client.listTools()
    await client.close()

    expect(listed.map(({ name }) => name)).toEqual(named(TOOL_MATRIX.filter(covered)))
    for (const row of TOOL_MATRIX.filter((each) => !covered(each))) {
      const call = older('tools/call', { name: row.tool, arguments: inputFor(row.tool) })
      const { status, headers } = await send(door, { token, ...call })
      expect([row.tool, status]).toEqual([row.tool, 403])
      const requested = SCOPES.filter((each) => scopes.includes(each) || row.scopes.includes(each))
      expect(headers['www-authenticate']).toContain(`scope="${requested.join(' ')}"`)
    }
  })
})
