import { randomBytes, randomUUID } from 'node:crypto'
import type { Connection, WorkflowClient } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { NativeConnection, Worker } from '@temporalio/worker'
import { inject } from 'vitest'
import { type Activities, activitiesOn, type Dependencies, stepInterceptor } from '#activities'
import { type Operations, operationsOn } from '#domain/operations'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import { openTemporal, type Temporal } from '#platform/temporal'
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts'
import { type Bank, aBank } from './a-bank.ts'
import { type Market, aMarket } from './a-market.ts'
import { aDatabase } from './database.ts'

export type Fault = (activities: Activities) => Activities
export const timeSkippingServer = inject('timeSkippingServer')

/** A market with a bank and a worker on a Temporal that skips waits; every test may put a fault into the steps. */
export interface Shop extends Dependencies {
  market: Market
  bank: Bank
  operations: Operations
  temporal: Temporal
  workflows: WorkflowClient
  /** Everything the processes logged, at debug level. */
  logged: () => string
  /** Runs a worker with these steps while `use` runs. */
  working: <T>(use: () => Promise<T>, fault?: Fault) => Promise<T>
  close: () => Promise<void>
}

export async function aShop(): Promise<Shop> {
  const [database, bank, skipping] = await Promise.all([aDatabase(), aBank(), aTimeSkippingServer()])
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } })
  const market = await aMarket(database.db, { payments: bank.payments })
  const taskQueue = `test-${randomUUID()}`
  const { address } = skipping
  const namespace = 'default'
  const temporal = openTemporal({ address, namespace, taskQueue })
  const deps: Dependencies = {
    db: database.db,
    payments: bank.payments,
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    log,
    publicUrl: 'http://127.0.0.1:3000',
    deployment: 'test',
    feeBasisPoints: 1500,
  }
  const connection = await NativeConnection.connect({ address })
  return {
    ...deps,
    market,
    bank,
    temporal,
    workflows: skipping.env.client.workflow,
    operations: operationsOn({ db: database.db, startOrJoin: temporal.startOrJoin }),
    logged: () => lines.join(''),
    async working(use, fault = (activities) => activities) {
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue,
        workflowBundle: { codePath: inject('workflowBundle') },
        activities: fault(activitiesOn(deps)),
        interceptors: { activity: [stepInterceptor(deps)] },
        maxCachedWorkflows: 0,
      })
      return worker.runUntil(use())
    },
    async close() {
      await temporal.close()
      await connection.close()
      await skipping.stop()
      await bank.stop()
      await database.close()
    },
  }
}

async function aTimeSkippingServer() {
  const path = timeSkippingServer ?? ''
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
  const connection = env.connection as Connection
  await addSearchAttributes(connection)
  await connection.testService?.unlockTimeSkipping({})
  return { env, address: env.address, stop: () => env.teardown() }
}

const INDEXED_VALUE_TYPE = { Keyword: 2, Bool: 5, Datetime: 6, KeywordList: 7 } as const

async function addSearchAttributes(connection: Connection): Promise<void> {
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]),
  )
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes })
}

/** The step does its work and then its answer is lost, `times` times. */
export const losingTheAnswerOf =
  (step: keyof Activities, times: number): Fault =>
  (activities) => {
    let left = times
    const original = activities[step] as (input: unknown) => Promise<unknown>
    const faulty = async (input: unknown) => {
      const answer = await original(input)
      if (left-- > 0) throw new Error('the answer was lost')
      return answer
    }
    return { ...activities, [step]: faulty }
  }
