import { GIT_INGEST_QUEUE } from '#contracts/messages'
import { ConfigRefused, readBuild } from '#platform/config'
import { type Deployment, DeploymentRefused, type KnownBuild, openDeployment } from '#platform/deployment'
import { PAYMENTS_QUEUE } from '#platform/temporal'

/** What a worker of all queues works on. */
const QUEUES = [
  { name: PAYMENTS_QUEUE, of: 'workflows' },
  { name: PAYMENTS_QUEUE, of: 'steps' },
  { name: GIT_INGEST_QUEUE, of: 'steps' },
] as const
const LONGEST_WAIT_MS = 60_000

try {
  await run()
} catch (e) {
  if (!(e instanceof ConfigRefused || e instanceof DeploymentRefused)) throw e
  process.stderr.write(`${e.message}\n`)
  process.exitCode = 1
}

/** Makes `BUILD_ID` the current build, then lists all builds. With `--list` it changes nothing. */
async function run(): Promise<void> {
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: namespace, DEPLOYMENT, BUILD_ID } = readBuild(process.env)
  const deployment = await openDeployment(TEMPORAL_ADDRESS, {
    namespace,
    deployment: DEPLOYMENT,
    workflowQueue: PAYMENTS_QUEUE,
  })
  try {
    if (!process.argv.includes('--list'))
      await deployment.makeCurrent(BUILD_ID, { queues: QUEUES, ms: LONGEST_WAIT_MS })
    process.stdout.write(await listed(deployment))
  } finally {
    await deployment.close()
  }
}

async function listed({ builds }: Deployment): Promise<string> {
  const lines = (await builds()).map(
    (each) =>
      `${each.build}: ${each.workers} workers, ${each.pinnedRuns} purchases that end on it; ${verdict(each)}\n`,
  )
  return lines.join('') || 'No worker with a BUILD_ID has come yet.\n'
}

function verdict({ isCurrent, pinnedRuns, workers }: KnownBuild): string {
  if (!workers && (isCurrent || pinnedRuns)) return 'START ITS WORKERS, these runs wait for them'
  if (isCurrent) return 'current, gets all new runs'
  if (pinnedRuns) return 'keep its workers'
  return 'no run needs it'
}
