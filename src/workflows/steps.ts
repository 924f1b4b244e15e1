import { condition, proxyActivities, upsertSearchAttributes } from '@temporalio/workflow'
import type { Activities } from '#activities'
import { needsOperatorAttribute } from '#contracts/messages'

/** Before the pivot: a few tries, then the story undoes itself. */
export const retryFewTimes = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
})

/** After the pivot there is no way but forward, for three days. */
export const retryForDays = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '72h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
})

/** Undos, tidings and looks: what must happen has no limit. */
export const retryForever = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
})

/** A step after the money: when it takes more than an hour, staff find the run by `NeedsOperator`. */
export async function alertOperatorAfterAnHour<T>(step: () => Promise<T>): Promise<T> {
  let isOver = false
  const done = step().finally(() => {
    isOver = true
  })
  done.catch(() => {}) // awaited below, after the wait
  if (await condition(() => isOver, '1h', { summary: 'then an operator is called' })) return done
  upsertSearchAttributes([{ key: needsOperatorAttribute, value: true }])
  try {
    return await done
  } finally {
    upsertSearchAttributes([{ key: needsOperatorAttribute, value: false }])
  }
}

/** The workflow's own time, which activities take for theirs: ISO, UTC. */
export const now = (): string => new Date().toISOString()
