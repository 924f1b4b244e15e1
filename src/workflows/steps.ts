import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '#activities'

/** Before the pivot: a few tries, then the story undoes itself. */
export const fewTimes = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
})

/** After the pivot there is no way but forward, for three days. */
export const forward = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '72h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
})

/** Undos, tidings and looks: what must happen has no limit. */
export const untilDone = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
})

/** The workflow's own time, which activities take for theirs: ISO, UTC. */
export const now = (): string => new Date().toISOString()
