import type { z } from 'zod'
import type { Run } from '#contracts/ids'
import type { Contract } from '#kernel/contract'
import { mintId, type OperationId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import type { Caller, OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type CancelRun, cancelOperation } from './cancel.ts'
import { claimOperation } from './claim.ts'
import { type Liveliness, resumeIfLost, type RunWatch } from './lost-runs.ts'
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
   * same key and input never cause an action twice. A repeat has a lost run resumed. Refuses `idempotency_key_reused` for another input.
   */
  startOrJoin<C extends Contract>(contract: C, request: StartRequest<z.output<C['input']>>): Promise<Started>
  /** As `cancelOperation`. */
  cancel(wanted: { id: string; caller: Caller; at: Date }): Promise<Operation>
  /** As `resumeIfLost`. */
  resumeIfLost(wanted: { id: OperationId; at: Date }): Promise<Liveliness>
  /** What keeps all operations from going on. */
  obstacle: FindObstacle
}

export interface Starter extends RunWatch {
  startOrJoinRun: StartOrJoinRun
  cancelRun: CancelRun
  /** Default: nothing does. */
  obstacle?: FindObstacle
}

export function operationsOn({
  db,
  obstacle = async () => undefined,
  ...temporal
}: Starter & { db: Db }): Operations {
  const resume = (wanted: { id: OperationId; at: Date }) => resumeIfLost(db, temporal, wanted)
  return {
    obstacle,
    async startOrJoin(contract, request) {
      const { run, fresh, status } = await claimWithStart(db, contract, request)
      const { operationId: id } = run
      const isOpen = status === 'running' || status === 'waiting_for_you'
      const liveliness = isOpen && !fresh ? await resume({ id, at: request.at }) : undefined
      // a run that replaces a lost one is started by the outbox only, which also tells it of a cancellation
      if (status === 'running' && liveliness !== 'resumed' && isFirst(run)) {
        const exists = await temporal.startOrJoinRun(run, RESULT_WAIT_MS)
        if (exists) await dropStart(db, run.workflowId)
      }
      return { operation: await readOperation(db, id), replayed: !fresh }
    },
    cancel: (wanted) => cancelOperation(db, wanted, { cancelRun: temporal.cancelRun, resume }),
    resumeIfLost: resume,
  }
}

const isFirst = ({ operationId, workflowId }: Run): boolean => workflowId.endsWith(`/${operationId}`)

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
