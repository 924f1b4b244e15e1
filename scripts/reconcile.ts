// npm run reconcile [-- --dry-run | --close MARK]: shows what rows, payment provider and runs say differently, such as
// after the database was restored to an earlier moment, and closes exactly what it has shown. Exits 1 when something is
// left, and 2 when nothing could be compared. docs/recovery.md tells when to run it.
import { parseArgs } from 'node:util'
import { ConfigRefused, readConfig } from '#platform/config'
import { isOutOfReach, openDatabase } from '#platform/database'
import { openPayments } from '#platform/payments'
import { openTemporalRuns } from '#platform/temporal-runs'
import { Refused, sentenceOf } from '../sandbox/refused.ts'
import { reconcile } from './reconcile/close-differences.ts'

const USAGE = 'usage: npm run reconcile [-- --dry-run | --close MARK]'
const PAUSE_MS = 5_000

try {
  process.exitCode = (await run(markGiven())) ? 0 : 1
} catch (e) {
  if (e instanceof ConfigRefused) console.error(e.message)
  else console.error(isOutOfReach(e) ? 'The database cannot be reached.' : (sentenceOf(e) ?? e))
  process.exitCode = 2
}

/** Without arguments nothing is changed, as with `--dry-run`. */
function markGiven(): string | undefined {
  try {
    const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, close: { type: 'string' } } })
    if (values['dry-run'] && values.close !== undefined) throw new Refused(USAGE)
    return values.close
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(USAGE)
  }
}

/** With the settings of the worker, because it has to speak for the same deployment. */
async function run(mark: string | undefined): Promise<boolean> {
  const config = readConfig(process.env)
  const { db, close } = openDatabase(config.DATABASE_URL, { max: 2 })
  const runs = await openTemporalRuns({
    address: config.TEMPORAL_ADDRESS,
    namespace: config.TEMPORAL_NAMESPACE,
  })
  const payments = openPayments({
    secretKey: config.STRIPE_SECRET_KEY,
    deployment: config.DEPLOYMENT,
    ...(config.STRIPE_API_BASE && { apiBase: config.STRIPE_API_BASE }),
  })
  try {
    return await reconcile({ db, payments, runs, say: (line) => console.log(line), pauseMs: PAUSE_MS }, mark)
  } finally {
    await runs.close()
    await close()
  }
}
