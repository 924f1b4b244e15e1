import { readConfig } from '#platform/config'
import { openDatabase } from '#platform/database'
import { openPayments } from '#platform/payments'
import { openTemporalRuns } from '#platform/temporal-runs'
import { Refused } from '../market.ts'
import { reconcile } from '../reconcile/close-differences.ts'
import { endRuns } from '../reconcile/end-runs.ts'

const PAUSE_MS = 5_000

/**
 * Shows what differs, or closes the list with this mark. Works with the settings of the worker, because it has to speak
 * for the same deployment. Returns whether nothing is left.
 */
export async function reconcileDeployment(mark: string | undefined): Promise<boolean> {
  const config = readConfig(process.env, 'worker')
  const runs = await runsOf(config)
  const { db, close } = openDatabase(config.DATABASE_URL, { max: 2 })
  const payments = openPayments({
    secretKey: config.STRIPE_SECRET_KEY,
    deployment: config.DEPLOYMENT,
    ...(config.STRIPE_API_BASE && { apiBase: config.STRIPE_API_BASE }),
  })
  try {
    return await reconcile({ db, payments, runs, say, pauseMs: PAUSE_MS }, mark)
  } finally {
    await runs.close()
    await close()
  }
}

/** Shows all open runs after a restore, or ends the list with this mark, so that they are resumed from their rows. */
export async function endRunsOfDeployment(mark: string | undefined): Promise<boolean> {
  const runs = await runsOf(readConfig(process.env, 'worker'))
  try {
    return await endRuns({ runs, say }, mark)
  } finally {
    await runs.close()
  }
}

const say = (line: string) => console.log(line)

async function runsOf(config: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string }) {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = config
  try {
    return await openTemporalRuns({ address, namespace })
  } catch (cause) {
    throw new Refused(`Temporal cannot be reached at ${address}: start it, or set TEMPORAL_ADDRESS.`, {
      cause,
    })
  }
}
