import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { DomainError } from '#kernel/errors'
import { defineTool } from '../../../src/mcp/call/tool.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

const aRefusingTool = defineTool({
  kind: 'read',
  name: 'refuses',
  title: 'Refuses',
  description: 'Refuses.',
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({}),
  async run() {
    throw new DomainError('invalid', 'edition_not_sold', 'A \u202ename\u200b.', {
      params: { sold: ['\u{e0041}it'] },
    })
  },
})

const aToolWithAnUnknownCode = defineTool({
  ...aRefusingTool,
  name: 'refuses_oddly',
  async run() {
    throw new DomainError('conflict', 'made_up', 'It is made up.')
  },
})

test('a refusal without a next step is a bug: it is logged and its message is not sent', async () => {
  const database = await aDatabase()
  onTestFinished(database.close)
  const door = await aMcpDoor({ db: database.db, tools: [aToolWithAnUnknownCode] })
  onTestFinished(door.close)
  const client = await aModernClient(door, (await aPerson(database.db)).token)
  onTestFinished(() => client.close())

  const { content, isError } = await client.call('refuses_oddly', {})

  expect(isError).toBe(true)
  expect(JSON.parse(content[1]?.text ?? '')).toMatchObject({ error: { code: 'internal_error' } })
  expect(JSON.stringify(content)).not.toContain('made')
  expect(door.logged()).toContain('a tool failed')
})

test('a refusal contains no invisible characters', async () => {
  const database = await aDatabase()
  onTestFinished(database.close)
  const door = await aMcpDoor({ db: database.db, tools: [aRefusingTool] })
  onTestFinished(door.close)
  const client = await aModernClient(door, (await aPerson(database.db)).token)
  onTestFinished(() => client.close())

  const { content } = await client.call('refuses', {})

  expect(content[0]?.text).toBe('A name.')
  expect(JSON.parse(content[1]?.text ?? '')).toMatchObject({
    error: { message: 'A name.', next_step: 'It is sold for: it.' },
  })
})
