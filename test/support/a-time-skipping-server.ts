import type { Connection } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { inject } from 'vitest'
import { SEARCH_ATTRIBUTES } from '../../src/contracts/messages.ts'

/** The path of the time-skipping server; stories are skipped without it. */
export const timeSkippingServer = inject('timeSkippingServer')

/** A Temporal server of a shop, with its namespace `default`. */
export interface TestServer {
  env: TestWorkflowEnvironment
  address: string
  /** The file of the bundled workflows that work with this server. */
  bundle: string
  /** How long it keeps a task for the worker that had the run before. Default: 10 s, as in production. */
  keepsTasksFor?: '1s'
}

/** A Temporal server of its own with our search attributes. With `skipsWaits`, waits take no time. */
export async function aTimeSkippingServer(skipsWaits: boolean): Promise<TestServer> {
  const path = timeSkippingServer ?? ''
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
  const connection = env.connection as Connection
  await addSearchAttributes(connection)
  if (skipsWaits) await connection.testService?.unlockTimeSkipping({})
  return { env, address: env.address, bundle: inject('skippingBundle') }
}

export async function addSearchAttributes(connection: Connection): Promise<void> {
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]),
  )
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes })
}

const INDEXED_VALUE_TYPE = { Keyword: 2, Bool: 5, Datetime: 6, KeywordList: 7 } as const
