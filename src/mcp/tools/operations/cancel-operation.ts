import { z } from 'zod'
import { findOperation } from '#domain/operations'
import { LONGEST_WAIT_MS, operationAnswer, operationOf } from '../../operations/handle.ts'
import { assertMayStop } from '../../operations/may-stop.ts'
import { defineTool } from '../../call/tool.ts'
import { settled } from './settled.ts'

export default defineTool({
  name: 'cancel_operation',
  title: 'Cancel an operation',
  description: `
    Stops an operation before money is taken, or what is left of one that waits for a person; what it had reserved is
    given back. One that is over stays as it ended. Cancelling is a request: if it still runs, call get_operation.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ operation_id: z.string().min(1).max(64) }),
  output: operationOf(z.looseObject({}).describe('As the tool that started it says')),

  async run({ operation_id: id }, context) {
    const { db, operations, caller, at } = context
    assertMayStop(context, (await findOperation(db, { id, customer: caller.customer })).story)
    await operations.cancel({ id, customer: caller.customer, at })
    const isOver = ({ finishedAt }: { finishedAt?: Date }) => finishedAt !== undefined
    return operationAnswer(context, {
      operation: await settled(id, { waitMs: STOP_MS, isSettled: isOver }, context),
    })
  },
})

/** How long a call waits for the undos of what it cancelled. */
const STOP_MS = Math.min(5_000, LONGEST_WAIT_MS)
