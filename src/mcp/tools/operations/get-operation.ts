import { z } from 'zod'
import { LONGEST_WAIT_MS, operationAnswer, operationOf } from '../../operations/handle.ts'
import { defineTool } from '../../call/tool.ts'
import { settled } from './settled.ts'

export default defineTool({
  name: 'get_operation',
  title: 'Get an operation',
  description: `
    How far an operation is and what it came to. With wait_ms it waits that long for it to end or to need a person.
    While it runs or waits, call again; never start it again with a new idempotency_key.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    operation_id: z.string().min(1).max(64),
    wait_ms: z.int().min(0).max(LONGEST_WAIT_MS).optional().describe('Default 0'),
  }),
  output: operationOf(z.looseObject({}).describe('As the tool that started it says')),

  async run({ operation_id, wait_ms = 0 }, context) {
    const isSettled = ({ status }: { status: string }) => status !== 'running'
    const operation = await settled(operation_id, { waitMs: wait_ms, isSettled }, context)
    return operationAnswer(context, { operation })
  },
})
