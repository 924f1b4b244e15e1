import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, modern, older, type Person, send } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
  ann = await aPerson(database.db)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const SECRET = 'psk_not-a-real-key'
const LONG = 'x'.repeat(5_000)

test.for([
  ['an empty batch', { body: [] }],
  ['an unknown method', older(`no/such/${SECRET}/${LONG}`)],
  ['an unsupported protocol version', modern('tools/list', {}, { version: '2030-01-01' })],
] as const)('%s from a client is logged at info level, without a stack', async ([, sent]) => {
  const before = door.logged().length

  await send(door, { ...sent, token: ann.token })

  const added = door.logged().slice(before).trim().split('\n')
  const lines = added.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map(({ level }) => level)).toEqual(lines.map(() => 30))
  expect(added.join()).not.toMatch(/"stack"|node_modules|not-a-real-key/)
  expect(Math.max(...added.map((line) => line.length))).toBeLessThan(1_000)
})
