import { CancellationScope, type WorkflowInterceptors } from '@temporalio/workflow'

/**
 * Workflows on the time-skipping server never cancel a timer: it fires later, and nobody waits for it. When a timer
 * fires during the task that cancels it, that server refuses the task, offers it never again, and stops to skip time
 * (https://github.com/temporalio/sdk-java/issues/3088). So a nudge in the wrong millisecond stopped a whole test file.
 * The real server accepts such a task.
 */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [{ startTimer: (input, next) => CancellationScope.nonCancellable(() => next(input)) }],
})
