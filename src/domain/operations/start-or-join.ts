import type { z } from 'zod'
import type { Run } from '#contracts/ids'
import type { Contract } from '#kernel/contract'
import { mintId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type CancelRun, cancelOperation } from './cancel.ts'
import { claimOperation } from './claim.ts'
import type { Operation, StartOrJoinRun } from './operation.ts'
import type { FindObstacle } from './obstacle.ts'
import { readOperation } from './operation-store.ts'
import { dropStart, enqueueStart } from './outbox.ts'

/** How long a call waits for a result. Clients would time out before a longer wait. */
const RESULT_WAIT_MS = 8_000

export interface StartRequest<Input> {
  key: string
  caller: Caller
  org: OrgAccess
  input: Input
  at: Date
}

export interface Started {
  operation: Operation
  /** An earlier call started it. */
  replayed: boolean
}

export interface Operations {
  /**
   * Starts the operation of this key, or joins it. Waits a bounded time for a status update, then returns the row. The
   * same key and input never cause an action twice. Refuses `idempotency_key_reused` for another input.
   */
  startOrJoin<C extends Contract>(contract: C, request: StartRequest<z.output<C['input']>>): Promise<Started>
  /** As `cancelOperation`. */
  cancel(wanted: { id: string; caller: Caller; at: Date }): Promise<Operation>
  /** What keeps all operations from going on. */
  obstacle: FindObstacle
}

export interface Starter {
  startOrJoinRun: StartOrJoinRun
  cancelRun: CancelRun
  /** Default: nothing does. */
  obstacle?: FindObstacle
}

export function operationsOn({
  db,
  startOrJoinRun,
  cancelRun,
  obstacle = async () => undefined,
}: Starter & { db: Db }): Operations {
  return {
    obstacle,
    async startOrJoin(contract, request) {
      const { run, fresh, status } = await claimWithStart(db, contract, request)
      if (status === 'running' && (await startOrJoinRun(run, RESULT_WAIT_MS)))
        await dropStart(db, run.workflowId)
      return { operation: await readOperation(db, run.operationId), replayed: !fresh }
    },
    cancel: (wanted) => cancelOperation(db, wanted, cancelRun),
  }
}

/**
 * Claims the key, enqueues the start and audits it in one transaction. If this process dies after it, the relay starts the run.
 */
async function claimWithStart<C extends Contract>(
  db: Db,
  contract: C,
  request: StartRequest<z.output<C['input']>>,
) {
  const id = mintId('op', request.at, Math.random)
  return inTransaction(db, async (tx) => {
    const claimed = await claimOperation(tx, {
      ...request,
      id,
      story: contract.story,
      workflowId: contract.workflowId(id),
      canonicalInput: contract.canonicalInput(request.input),
    })
    const run: Run = {
      workflowType: contract.workflowType,
      workflowId: claimed.workflowId,
      operationId: claimed.id,
      orgId: request.org.id,
    }
    if (!claimed.fresh) return { ...claimed, run }
    await enqueueStart(tx, run)
    const org = request.org.id
    await audit(tx, {
      chain: `org:${org}`,
      action: 'start_operation',
      outcome: 'done',
      ...by(request.caller),
      org,
      operation: claimed.id,
      detail: { story: contract.story },
    })
    return { ...claimed, run }
  })
}
