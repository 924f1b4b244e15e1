// npm run reconcile [-- --dry-run | --close MARK | --end-runs]: shows what rows, payment provider and runs say differently, such as
// after the database was restored to an earlier moment, and closes exactly what it has shown. Exits 1 when something is
// left, and 2 when nothing could be compared. `--end-runs` compares nothing and ends all open runs, so that they are
// resumed from their rows. docs/recovery.md tells when to run it.
import { parseArgs } from 'node:util'
import { ConfigRefused, readConfig } from '#platform/config'
import { isOutOfReach, openDatabase } from '#platform/database'
import { openPayments } from '#platform/payments'
import { openTemporalRuns } from '#platform/temporal-runs'
import { Refused, sentenceOf } from '../sandbox/refused.ts'
import { reconcile } from './reconcile/close-differences.ts'
import { endRuns } from './reconcile/end-runs.ts'

const USAGE = 'usage: npm run reconcile [-- --dry-run | --close MARK | --end-runs]'
const PAUSE_MS = 5_000

try {
  process.exitCode = (await run(wanted())) ? 0 : 1
} catch (e) {
  if (e instanceof ConfigRefused) console.error(e.message)
  else console.error(isOutOfReach(e) ? 'The database cannot be reached.' : (sentenceOf(e) ?? e))
  process.exitCode = 2
}

/** Without arguments nothing is changed, as with `--dry-run`. */
function wanted(): { mark?: string | undefined; endsRuns?: boolean | undefined } {
  const boolean = { type: 'boolean' } as const
  try {
    const { values } = parseArgs({
      options: { 'dry-run': boolean, 'end-runs': boolean, close: { type: 'string' } },
    })
    if (Object.keys(values).length > 1) throw new Refused(USAGE)
    return { mark: values.close, endsRuns: values['end-runs'] }
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(USAGE)
  }
}

/** With the settings of the worker, because it has to speak for the same deployment. */
async function run({ mark, endsRuns }: ReturnType<typeof wanted>): Promise<boolean> {
  const config = readConfig(process.env)
  const say = (line: string) => console.log(line)
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
    if (endsRuns) {
      await endRuns({ runs, say })
      return true
    }
    return await reconcile({ db, payments, runs, say, pauseMs: PAUSE_MS }, mark)
  } finally {
    await runs.close()
    await close()
  }
}
