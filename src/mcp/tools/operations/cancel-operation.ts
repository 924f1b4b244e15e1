import { z } from 'zod'
import { findOperation } from '#domain/operations'
import type { Scope } from '#domain/orgs'
import { ScopeMissing } from '../../errors.ts'
import { LONGEST_WAIT_MS, operationAnswer, operationOf } from '../../operation-answer.ts'
import { defineTool } from '../../tool.ts'
import { settled } from './settled.ts'

export default defineTool({
  name: 'cancel_operation',
  title: 'Cancel an operation',
  description: `
    Stops an operation before money is taken; what it had reserved is given back. One that is over stays as it ended.
    After the charge it is too late. Cancelling is a request: if it still runs, call get_operation.`,
  scope: 'read',
  deed: 'any',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ operation_id: z.string().min(1).max(64) }),
  output: operationOf(z.looseObject({}).describe('As the tool that started it says')),

  async run({ operation_id: id }, context) {
    const { db, operations, caller, at } = context
    const { story } = await findOperation(db, { id, customer: caller.customer })
    const missing = (SCOPES_OF[story] ?? []).filter((scope) => !caller.scopes.includes(scope))
    if (missing.length) throw new ScopeMissing(missing)
    await operations.cancel({ id, customer: caller.customer, at })
    const isOver = ({ finishedAt }: { finishedAt?: Date }) => finishedAt !== undefined
    return operationAnswer(context, {
      operation: await settled(id, { waitMs: STOP_MS, isSettled: isOver }, context),
    })
  },
})

/** Who may not start a story may not stop it. */
const SCOPES_OF: Record<string, readonly Scope[]> = {
  purchase_and_install_package: ['projects', 'buy'],
  start_add_payment_method: ['buy'],
}

/** How long a call waits for the undos of what it cancelled. */
const STOP_MS = Math.min(5_000, LONGEST_WAIT_MS)
