import { z } from 'zod'
import { isRunning, watchOperation } from '#domain/operations'
import { LONGEST_WAIT_MS } from '../../operations/handle.ts'
import { defineOperationTool } from '../../call/tool.ts'

export default defineOperationTool({
  name: 'get_operation',
  title: 'Get an operation',
  description: `
    Shows the progress or the result of an operation. With wait_ms it waits that long until the operation ends or
    needs a person. While it runs or waits, call again; never start it again with a new idempotency_key.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    operation_id: z.string().min(1).max(64),
    wait_ms: z.int().min(0).max(LONGEST_WAIT_MS).optional().describe('Default 0'),
  }),

  run: ({ operation_id: id, wait_ms: withinMs = 0 }, { db, caller: { customer }, signal }) =>
    watchOperation(db, { id, customer, until: (operation) => !isRunning(operation), withinMs, signal }),
})
