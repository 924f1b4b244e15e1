import { proxyActivities } from '@temporalio/workflow'
import type { IngestActivities } from '#activities'
import { GIT_INGEST_QUEUE } from '#contracts/messages'

/** Steps that read repositories of strangers. They run in a process of their own. */
export const readGit = proxyActivities<IngestActivities>({
  taskQueue: GIT_INGEST_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 3, maximumInterval: '2m' },
})
