import { sql } from 'kysely'
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

/**
 * Looks at all open runs, as the worker does, once the outbox has started what it has to start. A look leaves out a row
 * that somebody writes just then, such as the relay after a nudge in vain, and a busy server may not answer in time. The
 * worker comes back by itself, so this looks again until each run was seen.
 */
export async function lookAtRuns({ db, temporal, log }: Shop): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: new Date(0) })
    .execute()
  const waiting = () => db.selectFrom('outbox').select('id').where('deed', '=', 'start').execute()
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 20_000, interval: 50 })
  const unseen = new Set(await openRuns(db))
  async function lookAtRun(workflowId: string) {
    const answer = await temporal.lookAtRun(workflowId)
    if (answer.state !== 'unknown') unseen.delete(workflowId)
    return answer
  }
  const watch = watchRuns({ db, temporal: { resumedRun, lookAtRun }, log })
  const look = async () => {
    const due = (await openRuns(db)).filter((run) => unseen.has(run))
    await db
      .updateTable('operations')
      .set({ look_due_at: new Date(0) })
      .where(sql<boolean>`workflow_id = any(${due}::text[])`)
      .execute()
    await watch.look()
    expect((await openRuns(db)).filter((run) => unseen.has(run))).toEqual([])
  }
  await vi.waitFor(look, { timeout: 20_000, interval: 50 })
  await watch.stop()
}

const openRuns = async (db: Shop['db']) =>
  (await db.selectFrom('operations').select('workflow_id').where('finished_at', 'is', null).execute()).map(
    (row) => row.workflow_id,
  )

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

/** What the bank got from a test: how many charges, and how much is left of them. */
export async function paidSince({ bank }: Shop, before: { net: number; succeeded_charges: number }) {
  const { net, succeeded_charges } = (await bank.money()).totals
  return { charges: succeeded_charges - before.succeeded_charges, net: net - before.net }
}
export const totals = async ({ bank }: Shop) => (await bank.money()).totals

interface Loss {
  step: keyof Steps
  moment: Moment
  when?: (input: never) => boolean
}

/** At which moments of a purchase of 49.00 its run is lost. */
export const LOSSES: Record<string, Loss> = {
  'before its order': { step: 'openOrder', moment: 'before' },
  'after its order': { step: 'openOrder', moment: 'after' },
  'before the charge': { step: 'chargeLine', moment: 'before' },
  'after the charge, whose answer is lost': { step: 'chargeLine', moment: 'after' },
  'after the licences became valid': { step: 'settleLine', moment: 'after' },
  'before the delivery': { step: 'deliverPurchase', moment: 'before' },
  'after the delivery': { step: 'deliverPurchase', moment: 'after' },
  'before its end was noted': {
    step: 'reportStatus',
    moment: 'before',
    when: ({ status }: { status: string }) => status === 'completed',
  },
}
