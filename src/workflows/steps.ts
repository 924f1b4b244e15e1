import { condition, proxyActivities, upsertSearchAttributes } from '@temporalio/workflow'
import type { Activities } from '#activities'
import { needsOperatorAttribute } from '#contracts/messages'

/**
 * For steps before the pivot. They are tried for ten minutes when each attempt fails at once, and for twenty when each
 * takes its time; then the story fails and is undone. A refusal ends them at once. Counted in attempts, so that a time
 * without a worker or with killed workers ends no purchase.
 */
export const retryForMinutes = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 24, initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
})

/** For undos of payments: after five attempts `relay/owed-at-provider.ts` goes on, so that nothing waits for them. */
export const retryFewTimes = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
})

/** For steps after the pivot, which have to succeed. They are retried for three days. */
export const retryForDays = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '72h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
})

/** For undos, status updates and polls. They are retried without limit. */
export const retryForever = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
})

/** Runs a step after the pivot. While it takes longer than an hour, operators find the run by `NeedsOperator`. */
export async function alertOperatorAfterAnHour<T>(step: () => Promise<T>): Promise<T> {
  let isOver = false
  const done = step().finally(() => {
    isOver = true
  })
  done.catch(() => {}) // awaited below, after the wait of an hour
  if (await condition(() => isOver, '1h', { summary: 'then an operator is alerted' })) return done
  upsertSearchAttributes([{ key: needsOperatorAttribute, value: true }])
  try {
    return await done
  } finally {
    upsertSearchAttributes([{ key: needsOperatorAttribute, value: false }])
  }
}

/** The time of the workflow's clock, which activities use too: ISO, UTC. */
export const now = (): string => new Date().toISOString()
