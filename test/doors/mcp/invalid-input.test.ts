import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseInput } from '../../../src/mcp/call/refusal.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS, errorIn } from '../../support/mcp-clients.ts'

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

const BUY = 'purchase_and_install_package'
const PURCHASE = { packages: ['a/b'], new_project: { name: 'Shop' }, idempotency_key: 'key-00000001' }
const NOT_STORABLE = 'contains characters that are not allowed.'

const INVALID: [tool: string, input: object, field: string, message: string][] = [
  [BUY, { ...PURCHASE, dryrun: true }, 'dryrun', 'There is no parameter dryrun.'],
  [
    BUY,
    { packages: ['a/b'], idempotencyKey: 'x' },
    'idempotencyKey',
    'There is no parameter idempotencyKey. idempotency_key: Invalid input: expected string, received undefined.',
  ],
  [
    BUY,
    { ...PURCHASE, new_project: { nam: 'x' } },
    'new_project.nam',
    'There is no parameter new_project.nam. new_project.name: Invalid input: expected string, received undefined.',
  ],
  [BUY, { ...PURCHASE, packages: ['A/B'] }, 'packages.0', 'packages.0: vendor/package in lower case.'],
  [
    BUY,
    { ...PURCHASE, packages: ['a/b@^1.0'] },
    'packages.0',
    'packages.0: vendor/package without a version.',
  ],
  ['get_package', { package: 'a/b:1.0' }, 'package', 'package: vendor/package without a version.'],
  [
    BUY,
    { ...PURCHASE, idempotency_key: 'short' },
    'idempotency_key',
    'idempotency_key: 8 to 128 printable characters without spaces.',
  ],
  [BUY, { ...PURCHASE, quote: 'quo_made_up' }, 'quote', 'This text is no quote of this market.'],
  [BUY, { ...PURCHASE, packages: ['a/b', 'a/b'] }, 'packages', 'The package a/b is listed twice.'],
  [BUY, { ...PURCHASE, project: 'shop' }, 'project', 'Only one of project and new_project is possible.'],
  [
    BUY,
    { ...PURCHASE, new_project: undefined },
    'project',
    'Exactly one of project and new_project is needed.',
  ],
  [
    BUY,
    { ...PURCHASE, dryrun: true, packages: ['A/B'], idempotency_key: 'short' },
    'dryrun',
    'There is no parameter dryrun. packages.0: vendor/package in lower case. idempotency_key: 8 to 128 printable characters without spaces.',
  ],
  ['whoami', { verbose: true }, 'verbose', 'There is no parameter verbose.'],
  ['list_projects', { limit: 101 }, 'limit', 'limit: Too big: expected number to be <=100.'],
  ['get_operation', {}, 'operation_id', 'operation_id: Invalid input: expected string, received undefined.'],
  ['setup_project', { name: 'a\0b' }, 'name', 'name: one line of text without control characters.'],
  ['setup_project', { name: 'half \ud800' }, 'name', 'name: one line of text without control characters.'],
  ['list_packages', { query: '\0' }, 'query', `query: ${NOT_STORABLE}`],
]

/** A key or a quote fails by itself: an assistant must not look for the fault in the price. */
const OWN_CODES: Record<string, string> = {
  idempotency_key: 'idempotency_key_malformed',
  quote: 'quote_malformed',
}

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  test.for(INVALID)(
    '%s refuses the input %j, names the invalid parameter and does nothing',
    async ([tool, input, field, message]) => {
      const ann = await aPerson(database.db)
      const client = await connect(door, ann.token)
      onTestFinished(() => client.close())
      await client.listTools()

      const error = errorIn(await client.call(tool, { ...input }))

      expect(error).toMatchObject({
        code: OWN_CODES[field] ?? 'invalid_input',
        field,
        message,
        retryable: false,
      })
      expect(error.next_step).toMatch(/\.$/)
      expect(error.next_step).not.toContain('Use only: .')
      const operations = database.db.selectFrom('operations').select('id').where('org_id', '=', ann.org.id)
      expect(await operations.execute()).toEqual([])
      const chains = [`customer:${ann.customer}`, `org:${ann.org.id}`]
      const events = database.db.selectFrom('audit_events').select('body').where('chain', 'in', chains)
      expect(await events.execute()).toEqual([])
    },
  )
})

test('a tool that takes no idempotency_key says so, and not that the key is malformed', async () => {
  const ann = await aPerson(database.db)
  const [[, connect]] = CLIENTS
  const client = await connect(door, ann.token)
  onTestFinished(() => client.close())
  await client.listTools()

  const error = errorIn(await client.call('get_cart', { idempotency_key: 'a-key-of-a-retry' }))

  expect(error).toMatchObject({
    code: 'invalid_input',
    field: 'idempotency_key',
    message: 'There is no parameter idempotency_key.',
  })
  expect(error.next_step).not.toContain('UUID')
})

test('null means that a parameter is not given, at any depth', () => {
  const schema = z.strictObject({
    name: z.string().optional(),
    limit: z.int().default(20),
    project: z.strictObject({ slug: z.string(), note: z.string().optional() }),
  })
  const given = { name: null, limit: null, project: { slug: 'shop', note: null } }

  expect(parseInput(schema, given)).toEqual({ limit: 20, project: { slug: 'shop' } })
  expect(() => parseInput(schema, { project: null })).toThrow('project: Invalid input')
})

test('no tool has a parameter for which null means something', () => {
  const published = tools.map(({ name, input }) => [
    name,
    JSON.stringify(z.toJSONSchema(input, { io: 'input' })),
  ])

  expect(published.filter(([, schema]) => schema?.includes('"null"'))).toEqual([])
})
