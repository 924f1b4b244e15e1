import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { findOperation, type Operation } from '#domain/operations'
import { LONGEST_WAIT_MS, operationAnswer, operationOf } from '../../operation-answer.ts'
import { type Context, defineTool } from '../../tool.ts'

const LOOK_EVERY_MS = 250

export default defineTool({
  name: 'get_operation',
  title: 'Get an operation',
  description: `
    How far an operation is and what it came to. With wait_ms it waits that long for it to end or to need a person.
    While it runs or waits, call again; never start it again with a new idempotency_key.`,
  scope: 'read',
  deed: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    operation_id: z.string().min(1).max(64),
    wait_ms: z.int().min(0).max(LONGEST_WAIT_MS).optional().describe('Default 0'),
  }),
  output: operationOf(z.looseObject({}).describe('As the tool that started it says')),

  async run({ operation_id, wait_ms = 0 }, context) {
    return operationAnswer(context, {
      operation: await settled(operation_id, wait_ms, context),
    })
  },
})

/** Re-reads the row: it is the truth, and no worker has to be up for it. */
async function settled(
  id: string,
  waitMs: number,
  { db, caller, signal }: Pick<Context, 'db' | 'caller' | 'signal'>,
): Promise<Operation> {
  for (const end = Date.now() + waitMs; ;) {
    const operation = await findOperation(db, { id, customer: caller.customer })
    if (operation.status !== 'running' || Date.now() >= end || signal.aborted) return operation
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
