import { randomUUID } from 'node:crypto'
import type { Connection } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import { Worker } from '@temporalio/worker'
import { expect, test } from 'vitest'
import type { Activities } from '#activities'
import { nudge } from '#contracts/messages'
import { mintId } from '#kernel/ids'
import { aTimeSkippingServer, timeSkippingServer } from '../support/a-time-skipping-server.ts'
import '../support/temporal-runtime.ts'

/** In ms: so long the run waits, and so long the server waits for the answer to a task. */
const [WAIT, TASK] = [30_000, 60_000]

test.skipIf(!timeSkippingServer)(
  'a run on the time-skipping server goes on when its timer fires during the task that handles a nudge',
  async () => {
    const { env, bundle } = await aTimeSkippingServer(false)
    const { testService } = env.connection as Connection
    let [isNudged, hasFired] = [false, false]
    const reported: string[] = []
    const steps = {
      beginGitWait: async ({ at }) => ({ until: new Date(Date.parse(at) + WAIT).toISOString() }),
      lookForGitIntegration: async () => (hasFired ? [] : undefined),
      reportStatus: async ({ status }) => void reported.push(status),
    } satisfies Partial<Activities>
    /** Holds the answer to the task of the nudge back until the timer has fired. */
    async function encode(payloads: Payload[]): Promise<Payload[]> {
      if (!isNudged || hasFired) return payloads
      // time is locked twice: from the beginning, and during a task
      await testService?.unlockTimeSkipping({})
      await env.sleep(WAIT)
      await testService?.lockTimeSkipping({})
      hasFired = true
      return payloads
    }
    const taskQueue = randomUUID()
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowBundle: { codePath: bundle },
      activities: steps,
      dataConverter: { payloadCodecs: [{ encode, decode: async (payloads) => payloads }] },
    })
    try {
      await worker.runUntil(async () => {
        const run = await env.client.workflow.start('startGitIntegration', {
          workflowId: randomUUID(),
          taskQueue,
          args: [{ operationId: mintId('op', Date.now(), Math.random) }],
          workflowTaskTimeout: TASK,
        })
        const events = async (type: 'Started' | 'Fired') => {
          const { events: all } = await run.fetchHistory()
          return all?.filter((event) => event[`timer${type}EventAttributes`])
        }
        await expect.poll(() => events('Started')).toHaveLength(1)
        isNudged = true
        await run.signal(nudge)
        await expect.poll(() => reported).toEqual(['waiting_for_you', 'running', 'completed'])
        expect(await events('Fired')).toHaveLength(1)
      })
    } finally {
      await env.teardown()
    }
  },
)
