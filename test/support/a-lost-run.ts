import { expect, vi } from 'vitest'
import { resumedRun } from '#contracts/ids'
import { readOperation, resumeIfLost } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { watchRuns } from '../../src/relay/lost-runs.ts'
import type { Assistant, Shop } from './a-shop.ts'
import type { Fault, Steps } from './faults.ts'

/** Ends the present run of an operation without an undo, as when the store of Temporal loses it. */
export async function loseRun({ db, workflows }: Shop, id: OperationId): Promise<string> {
  const { workflowId } = await readOperation(db, id)
  await workflows.getHandle(workflowId).terminate('lost')
  return workflowId
}

/** One look at all open runs, as the worker has it every two minutes, once the outbox has started what it has to start. */
export async function lookAtRuns({ db, temporal, log }: Shop): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: new Date(0) })
    .execute()
  const waiting = () => db.selectFrom('outbox').select('id').where('deed', '=', 'start').execute()
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 20_000, interval: 50 })
  await db
    .updateTable('operations')
    .set({ look_due_at: new Date(0) })
    .where('finished_at', 'is', null)
    .execute()
  const watch = watchRuns({ db, temporal, log })
  await watch.look()
  await watch.stop()
}

/** Has an operation resumed although its run lives, as after a look at a store that has not all runs. */
export const resumeWrongly = ({ db }: Shop, id: OperationId) =>
  resumeIfLost(db, { resumedRun, lookAtRun: async () => ({ state: 'lost' }) }, { id, at: new Date() })

export type Moment = 'before' | 'after'

/** The run is lost at the first attempt of a step, before or after its work. `isLost`: it came to that. */
export function losingRunAt(
  shop: Shop,
  step: keyof Steps,
  { moment, when = () => true }: { moment: Moment; when?: (input: never) => boolean },
): Fault & { isLost: () => boolean } {
  let isLost = false
  const fault: Fault = (steps) => {
    const working = steps[step] as (input: unknown) => Promise<unknown>
    async function faulty(input: { operationId: OperationId }) {
      if (isLost || !when(input as never)) return working(input)
      isLost = true
      if (moment === 'after') await working(input)
      await loseRun(shop, input.operationId)
      throw new Error('the run is lost')
    }
    return { ...steps, [step]: faulty }
  }
  return Object.assign(fault, { isLost: () => isLost })
}

/** Waits until the operation has this status and returns it. */
export const untilItIs = ({ db }: Shop, id: OperationId, status: string) =>
  vi.waitFor(
    async () => {
      const operation = await readOperation(db, id)
      expect(operation.status).toBe(status)
      return operation
    },
    { timeout: 30_000, interval: 50 },
  )

/** Polls an operation by its assistant until it is over. */
export async function untilOver({ call }: Assistant, id: OperationId) {
  for (;;) {
    const operation = await call('get_operation', { operation_id: id, wait_ms: 2_000 })
    if (operation.status !== 'running') return operation
  }
}
