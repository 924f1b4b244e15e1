import type { Refusal } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import type { StoryOutcome } from './stories.ts'

/** What an operation may wait for a person for. */
export type WaitingFor = 'authentication' | 'payment_method'

/** Where an operation is, with what belongs to that. */
export type ReportedStatus = (
  | { status: 'running' }
  /** `until` is ISO, UTC. */
  | { status: 'waiting_for_you'; waiting: { for: WaitingFor; until: string } }
  | { status: 'completed'; result: StoryOutcome }
  | { status: 'failed'; error: Refusal }
  | { status: 'cancelled' }
) & { cancellable?: boolean; needsOperator?: boolean }

export type OperationStatus = ReportedStatus['status']

/** What a workflow reports of its operation. */
export type StatusUpdate = ReportedStatus & {
  operationId: OperationId
  /** Rising within a run, so that a late "waiting" never overwrites "running". */
  revision: number
  /** By the workflow's clock: ISO, UTC. */
  at: string
}
