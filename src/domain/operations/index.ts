import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { type Operations, operationsOn, type Started } from './start-or-join.ts'
export type { CancelRun } from './cancel.ts'
export { type Completed, completeOnce } from './complete-once.ts'
export {
  IdempotencyKeyReused,
  OperationIsOver,
  OperationNotFound,
  OperationWasCancelled,
  TooLateToCancel,
} from './errors.ts'
export {
  isCancelRequested,
  isReplaced,
  leaseOpenRuns,
  type Liveliness,
  lookSoon,
  noteMoving,
  noteStuck,
  type WatchedRun,
  resumeIfLost,
} from './lost-runs.ts'
export {
  deleteOneTimeSecret,
  forgetSecretsOf,
  keepOneTimeSecret,
  lockLinkedSecret,
  readOneTimeSecret,
  type SealedSecret,
  tokenMintedBy,
  UNREAD_MS,
} from './one-time-secrets.ts'
export { failedOperations, openOperations } from './of-all.ts'
export { type OperationOfOther, stoppableOperations } from './of-others.ts'
export { type FindObstacle, withObstacle } from './obstacle.ts'
export { findOperation } from './find-operation.ts'
export { isOver, isRunning, type Operation, type StartOrJoinRun } from './operation.ts'
export {
  beginOperation,
  type BegunOperation,
  countOpenOperations,
  isCompleted,
  listOperations,
  type OperationContext,
  operationContext,
  operationByLink,
  readOperation,
  undoOperation,
} from './operation-store.ts'
export { countNudge, enqueueNudge, nudgeWaiting } from './nudges.ts'
export {
  dropOutgoing,
  enqueueStart,
  enqueueStripeEvent,
  enqueueSync,
  giveUpStart,
  leaseOutbox,
  type Outgoing,
  postponeOutgoing,
} from './outbox.ts'
export { reportStatus } from './report-status.ts'
export { cancellingText, noteOnStep, recordStep, stepsOf } from './steps.ts'
export { recordPageAnswer } from './waits.ts'
export { type Watch, watchOperation } from './watch-operation.ts'

/** The codes of all refusals of `operations`. */
export type OperationsCode = CodesIn<typeof refusals>
