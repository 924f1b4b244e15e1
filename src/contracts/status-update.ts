import type { Refusal } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import type { StoryOutcome } from './stories.ts'

/** What an operation needs from a person. */
export type WaitingFor = 'authentication' | 'git_consent' | 'payment_method'

/** The status of an operation, with the data of that status. */
export type ReportedStatus = (
  | { status: 'running' }
  /** `until` is ISO, UTC. */
  | { status: 'waiting_for_you'; waiting: { for: WaitingFor; until: string } }
  | { status: 'completed'; result: StoryOutcome }
  | { status: 'failed'; error: Refusal }
  | { status: 'cancelled' }
) & { cancellable?: boolean; needsOperator?: OperatorCause | undefined }

/** Why an operator has to look at an operation that has ended. */
export type OperatorCause = 'undo_failed' | 'our_defect' | 'operation_lost'

export type OperationStatus = ReportedStatus['status']

export const OPERATION_STATUSES = [
  'running',
  'waiting_for_you',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly OperationStatus[]

/** What a workflow reports about its operation. */
export type StatusUpdate = ReportedStatus & {
  operationId: OperationId
  /** Increases within a run, so that a late "waiting" never overwrites "running". */
  revision: number
  /** Time of the workflow's clock: ISO, UTC. */
  at: string
}
