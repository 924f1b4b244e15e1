import type { Connection } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { inject } from 'vitest'
import { findTemporal } from '../../sandbox/engines/temporal-programs.ts'
import { addSearchAttributes, type TestServer } from './a-time-skipping-server.ts'
import { optionalOutsideCi } from './optional-outside-ci.ts'

/** The path of Temporal's CLI; tests of a real server are skipped without it. */
export const devServer = await optionalOutsideCi(findTemporal('.data/bin'))

const SETTINGS = [
  // as npm start does
  'history.transferProcessorMaxPollRPS=1000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  // the second failure comes after 10 s
  'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1',
  'frontend.enableServerVersionCheck=false',
  // the defaults are three minutes each
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
  'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
]

/** A real Temporal server in memory: unlike the time-skipping one it knows deployments and visibility. */
export async function aDevServer(): Promise<TestServer> {
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: devServer ?? '' },
      log: { level: 'never', format: 'pretty' },
      extraArgs: SETTINGS.flatMap((setting) => ['--dynamic-config-value', setting]),
    },
  })
  await addSearchAttributes(env.connection as Connection)
  return { env, address: env.address, bundle: inject('workflowBundle'), keepsTasksFor: '1s' }
}
