import { z } from 'zod'
import { findOperation, isOver, watchOperation } from '#domain/operations'
import { assertMayStop } from '../../operations/may-stop.ts'
import { defineOperationTool } from '../../call/tool.ts'

export default defineOperationTool({
  name: 'cancel_operation',
  title: 'Cancel an operation',
  description: `
    Stops an operation before money is taken, or the rest of one that waits for a person, and releases what it
    reserved. An operation that is over does not change. An owner or admin may stop one of another member.
    Cancelling is a request: if it still runs, call get_operation.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ operation_id: z.string().min(1).max(64) }),

  async run({ operation_id: id }, context) {
    const { db, operations, caller, at, signal } = context
    const { customer } = caller
    assertMayStop(context, (await findOperation(db, { id, customer, toStop: true })).story)
    await operations.cancel({ id, caller, at })
    return watchOperation(db, { id, customer, toStop: true, until: isOver, withinMs: STOP_MS, signal })
  },
})

/** How long a call waits until the cancelled operation has undone its steps. */
const STOP_MS = 5_000
