import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Deployment, openDeployment } from '#platform/deployment'
import { aDevServer, devServer } from '../support/a-dev-server.ts'
import { aProject } from '../support/a-market.ts'
import { aNextBuild, checkingTwice } from '../support/a-next-build.ts'
import { aShop, type Shop, type ToolResponse } from '../support/a-shop.ts'
import { aWait, pageOf, type Wait } from '../support/a-wait.ts'
import { DEPLOYMENT } from '../support/a-worker.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

const SEARCH = 'northwind/module-search'
/** Of `temporal.api.enums.v1.VersionDrainageStatus`. */
const DRAINED = 2

describe.skipIf(!devServer)('a deploy while purchases wait', { timeout: 90_000 }, () => {
  let shop: Shop
  let deployment: Deployment
  const next = aNextBuild(checkingTwice)
  beforeAll(async () => {
    const server = await aDevServer()
    shop = await aShop({ server: async () => server, gitHosts: async () => [], build: { id: 'first' } })
    deployment = await openDeployment(server.address, {
      namespace: 'default',
      deployment: DEPLOYMENT,
      workflowQueue: shop.taskQueue,
    })
  })
  afterAll(async () => {
    next.remove()
    await deployment?.close()
    await shop?.close()
  })

  const makeCurrent = (build: string) =>
    deployment.makeCurrent(build, {
      queues: [
        { name: shop.taskQueue, of: 'workflows' },
        { name: shop.taskQueue, of: 'steps' },
      ],
      ms: 20_000,
    })

  /** A purchase that needs nobody. */
  async function buys(): Promise<ToolResponse> {
    const { id: project } = await aProject(shop.market)
    const buyer = await shop.assistant()
    return buyer.buys({ packages: [SEARCH], project, idempotency_key: randomUUID() })
  }

  /** The build on which a run was last, and how often it checked the purchase. */
  async function runOf({ id }: Pick<Wait, 'id'>) {
    const handle = shop.workflows.getHandle(`purchase_and_install_package/${id}`)
    const { raw } = await handle.describe()
    const { events } = await handle.fetchHistory()
    const checks = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: step }) => step?.activityType?.name === 'recheckPurchase',
    )
    const { deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {}
    return { build: deploymentVersion?.buildId, checks: checks.length }
  }

  /** As `set-current-version --list` shows them. */
  const builds = () => deployment.builds()
  const drained = async (build: string) => {
    const { workerDeploymentVersionInfo: info } =
      await shop.workflows.connection.workflowService.describeWorkerDeploymentVersion({
        namespace: 'default',
        deploymentVersion: { deploymentName: DEPLOYMENT, buildId: build },
      })
    return info?.drainageInfo?.status === DRAINED
  }

  test('ten purchases that wait at the bank end on the build they began with, while new ones run on the next build', async () => {
    await makeCurrent('first')
    const waits = await Promise.all(Array.from({ length: 10 }, () => aWait(shop, 'threeds')))
    const before = (await shop.bank.money()).totals

    await shop.deploys({ id: 'second', bundle: next.bundle })
    await makeCurrent('second')
    const bought = await buys()
    await expect.poll(builds).toMatchObject([
      { build: 'second', isCurrent: true, pinnedRuns: 0, workers: 1 },
      { build: 'first', isCurrent: false, pinnedRuns: 10, workers: 1 },
    ])
    expect(await drained('first')).toBe(false)
    for (const { id } of waits) await shop.bank.answerBank(await pageOf(shop, 'threeds', id), 'approve')
    const over = await Promise.all(waits.map((wait) => wait.over()))

    expect(bought).toMatchObject({ status: 'completed' })
    expect(await runOf({ id: bought.operation_id })).toEqual({ build: 'second', checks: 2 })
    expect(over.map(({ status }) => status)).toEqual(waits.map(() => 'completed'))
    for (const wait of waits) expect(await runOf(wait)).toEqual({ build: 'first', checks: 1 })
    const { net } = (await shop.bank.money()).totals
    expect(net - before.net).toBe(11 * 4900)
    expect(await findLedgerMismatches(shop)).toEqual([])
    await expect.poll(builds).toMatchObject([{}, { build: 'first', pinnedRuns: 0 }])
    await expect.poll(() => drained('first'), { timeout: 20_000 }).toBe(true)
  })

  test('a story that takes no money goes on in the next build', async () => {
    const { id, over, cancel } = await aWait(shop, 'nocard', 'a card')
    void over
    await cancel()
    void id
  })
})
