import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readOperation } from '#domain/operations'
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
/** Longer than a real server keeps a task for a worker that was stopped. */
const PATIENT = { timeout: 60_000, interval: 100 }

describe.skipIf(!devServer)('a deploy while purchases wait', { timeout: 180_000 }, () => {
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
      ms: 60_000,
    })

  /** A purchase that needs nobody. */
  async function buys(): Promise<ToolResponse> {
    const { id: project } = await aProject(shop.market)
    const buyer = await shop.assistant()
    return buyer.buys({ packages: [SEARCH], project, idempotency_key: randomUUID() })
  }

  /** The build on which a run was last. */
  async function buildOf(workflowId: string) {
    const { raw } = await shop.workflows.getHandle(workflowId).describe()
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId
  }
  /** The build of a purchase, and how often it was checked. */
  async function runOf({ id }: Pick<Wait, 'id'>) {
    const workflowId = `purchase_and_install_package/${id}`
    const { events } = await shop.workflows.getHandle(workflowId).fetchHistory()
    const checks = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: step }) => step?.activityType?.name === 'recheckPurchase',
    )
    return { build: await buildOf(workflowId), checks: checks.length }
  }
  const overOf = ({ id }: Wait) =>
    vi.waitFor(async () => {
      const operation = await readOperation(shop.db, id)
      if (!operation.finishedAt) throw new Error(`the operation is ${operation.status}`)
      return operation
    }, PATIENT)
  const service = () => shop.workflows.connection.workflowService

  /** As `set-current-version --list` shows them. */
  const builds = () => deployment.builds()
  const drained = async (build: string) => {
    const deploymentVersion = { deploymentName: DEPLOYMENT, buildId: build }
    const { workerDeploymentVersionInfo: info } = await service().describeWorkerDeploymentVersion({
      namespace: 'default',
      deploymentVersion,
    })
    return info?.drainageInfo?.status === DRAINED
  }
  /** From now on workers without a version get the new runs. */
  const withoutVersions = () =>
    service().setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      deploymentName: DEPLOYMENT,
      buildId: '',
    })
  /** The runs whose code fails, as the view for operators lists them. */
  async function problems(): Promise<string[]> {
    const found = []
    for await (const { workflowId } of shop.workflows.list({ query: 'TemporalReportedProblems IS NOT NULL' }))
      found.push(workflowId)
    return found
  }

  test('four purchases that wait at the bank end on the build they began with, while new ones run on the next build', async () => {
    await makeCurrent('first')
    const waits = await Promise.all(Array.from({ length: 4 }, () => aWait(shop, 'threeds')))
    const before = (await shop.bank.money()).totals

    await shop.deploys({ id: 'second', bundle: next.bundle })
    await makeCurrent('second')
    const bought = await buys()
    await expect.poll(builds, PATIENT).toMatchObject([
      { build: 'second', isCurrent: true, pinnedRuns: 0, workers: 1 },
      { build: 'first', isCurrent: false, pinnedRuns: 4, workers: 1 },
    ])
    expect(await drained('first')).toBe(false)
    for (const { id } of waits) await shop.bank.answerBank(await pageOf(shop, 'threeds', id), 'approve')
    const over = await Promise.all(waits.map(overOf))

    expect(bought).toMatchObject({ status: 'completed' })
    expect(await runOf({ id: bought.operation_id })).toEqual({ build: 'second', checks: 2 })
    expect(over.map(({ status }) => status)).toEqual(waits.map(() => 'completed'))
    for (const wait of waits) expect(await runOf(wait)).toEqual({ build: 'first', checks: 1 })
    const { net } = (await shop.bank.money()).totals
    expect(net - before.net).toBe(5 * 4900)
    expect(await findLedgerMismatches(shop)).toEqual([])
    await expect.poll(builds, PATIENT).toMatchObject([{}, { build: 'first', pinnedRuns: 0 }])
    await expect.poll(() => drained('first'), PATIENT).toBe(true)
  })

  test('a wait without money goes on in the next build', async () => {
    await shop.deploys({ id: 'third' })
    await makeCurrent('third')
    const wait = await aWait(shop, 'nocard', 'a card')

    await shop.deploys({ id: 'fourth' })
    await makeCurrent('fourth')
    await shop.bank.typeCard(await pageOf(shop, 'nocard', wait.id), '4242 4242 4242 4242')

    expect(await overOf(wait)).toMatchObject({ status: 'completed' })
    expect(await buildOf(`start_add_payment_method/${wait.id}`)).toBe('fourth')
  })

  test('without versions a deploy stops a waiting purchase, which the server then lists, and the earlier build continues it', async () => {
    await withoutVersions()
    const earlier = await shop.deploys({})
    const wait = await aWait(shop, 'threeds')
    await earlier.stop()
    const incompatible = await shop.deploys({ bundle: next.bundle })

    await shop.bank.answerBank(await pageOf(shop, 'threeds', wait.id), 'approve')

    await expect.poll(problems, PATIENT).toEqual([`purchase_and_install_package/${wait.id}`])
    expect(await readOperation(shop.db, wait.id)).toMatchObject({ status: 'waiting_for_you' })
    await incompatible.stop()
    await shop.deploys({})
    expect(await overOf(wait)).toMatchObject({ status: 'completed' })
    expect(await findLedgerMismatches(shop)).toEqual([])
    await expect.poll(problems, PATIENT).toEqual([])
  })
})
