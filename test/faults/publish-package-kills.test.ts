import { ApplicationFailure } from '@temporalio/common'
import { describe, expect } from 'vitest'
import { aMortalProcess } from '../support/a-mortal-process.ts'
import { outcomesOf, type Publisher, publish, PUBLISHING, publisherTest } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { explained } from '../support/a-stalled-operation.ts'
import { type Fault, overtaking } from '../support/faults.ts'

const process = aMortalProcess()
const test = publisherTest({ skipsWaits: true, process })

/** The effects at which the attempts of each step die. A step before the pivot may fail four times. */
const rounds = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ effects: [1, 2, 3, 4].map((nth) => nth * count - n) }))

/** A person consents, and the operation completes by itself. */
async function publishAfterConsent(publisher: Publisher, url: string) {
  await publisher.disconnects()
  const { operation_id, status } = await publisher.runs('publish_package', { repositories: [url] })
  expect(status).toBe('waiting_for_you')
  await publisher.consents(operation_id)
  const operation = () => publisher.assistant.call('get_operation', { operation_id, wait_ms: 5_000 })
  const completed = async () =>
    await expect.poll(async () => (await operation()).status, { timeout: 40_000 }).toBe('completed')
  await explained(publisher.shop, operation_id, completed)
  return outcomesOf(await operation())[0]
}

/**
 * One package with one hook was added, and no folder of a job is left. Waits for the folder, because a look that was
 * asked for twice may still run.
 */
async function expectOneMore(publisher: Publisher, before: Awaited<ReturnType<Publisher['traces']>>) {
  await expect.poll(async () => (await publisher.traces()).jobs, { timeout: 10_000 }).toEqual([])
  const { packages, hooks, hookRows } = await publisher.traces()
  expect([packages.length, hooks.length, hookRows]).toEqual(
    [before.packages.length, before.hooks.length, before.hookRows].map((count) => count + 1),
  )
}

/** The hook is created, and then its step is refused: the publication is undone. */
const refusedAfterItsHook: Fault = (steps) => ({
  ...steps,
  async installHook(input) {
    await steps.installHook(input)
    throw ApplicationFailure.nonRetryable('No.', 'git_repository_not_granted')
  },
})

describe.skipIf(!timeSkippingServer)('a step whose process is killed', { timeout: 240_000 }, () => {
  const died = new Set<string>()
  const stepsOf = (dying: ReadonlySet<string>) => new Set([...dying].map((each) => each.split(' ')[0]))

  test.for(rounds(5))(
    'a repository is published once when the processes of its steps are killed at their effects $effects',
    async ({ effects }, { publisher }) => {
      const url = await publisher.repository()
      const before = await publisher.traces()
      const dying = process.dyingAt(effects)
      publisher.shop.breaks(dying)

      const published = await publishAfterConsent(publisher, url)

      for (const each of dying.died) died.add(each)
      expect(published).toMatchObject({ hook: 'installed', versions: [{ version: '1.0.0' }] })
      await expectOneMore(publisher, before)
    },
  )

  test('each step of a publication was killed before', () => {
    expect([...stepsOf(died)]).toEqual(
      expect.arrayContaining([...PUBLISHING, 'awaitConsent', 'lookForAccess']),
    )
  })

  test.for(rounds(3))(
    'an undone publication leaves nothing when the processes of its steps and undos are killed at their effects $effects',
    async ({ effects }, { publisher }) => {
      await publisher.connects()
      const url = await publisher.repository()
      const before = await publisher.traces()
      const dying = process.dyingAt(effects)
      publisher.shop.breaks((steps) => dying(refusedAfterItsHook(steps)))

      const refused = await publish(publisher, url)

      expect([...stepsOf(dying.died)]).toEqual(expect.arrayContaining(['removeHook', 'deletePackage']))
      expect(refused).toMatchObject({ code: 'git_repository_not_granted' })
      expect(await publisher.traces()).toEqual(before)
    },
  )

  test('each look at the tags ends when the processes of its steps are killed', async ({ publisher }) => {
    await publisher.connects()
    const { package: name } = (await publish(publisher, await publisher.repository())) as { package: string }
    for (const { effects } of rounds(3)) {
      const dying = process.dyingAt(effects)
      publisher.shop.breaks(dying)

      const synced = await publisher.runs('sync_package', { package: name })

      expect([...stepsOf(dying.died)]).toEqual(expect.arrayContaining(['beginPackageSync', 'endSync']))
      expect(synced).toMatchObject({ status: 'completed', result: { versions: [{ version: '1.0.0' }] } })
    }
  })
})

describe.skipIf(!timeSkippingServer)('a late attempt of a step', { timeout: 240_000 }, () => {
  test('a repository is published once when the first attempt of each step goes on beside the second', async ({
    publisher,
  }) => {
    const url = await publisher.repository({ tags: ['v1.0.0', '1.1.0'] })
    const before = await publisher.traces()
    const late = overtaking()
    publisher.shop.breaks(late)

    const published = await publishAfterConsent(publisher, url)

    expect(await late.settled()).toEqual(expect.arrayContaining([...PUBLISHING]))
    expect(published).toMatchObject({ versions: [{ version: '1.1.0' }, { version: '1.0.0' }] })
    await expectOneMore(publisher, before)
  })

  test('attempts to create the package and its hook that begin after the undo leave nothing', async ({
    publisher,
  }) => {
    await publisher.connects()
    const url = await publisher.repository()
    const before = await publisher.traces()
    const late: (() => Promise<unknown>)[] = []
    const answers: PromiseSettledResult<unknown>[] = []
    publisher.shop.breaks((steps) => ({
      ...steps,
      createPackage(input) {
        late.push(() => steps.createPackage(input))
        return steps.createPackage(input)
      },
      installHook(input) {
        late.push(() => steps.installHook(input))
        return Promise.reject(ApplicationFailure.nonRetryable('No.', 'git_repository_not_granted'))
      },
      async deletePackage(input) {
        await steps.deletePackage(input)
        answers.push(...(await Promise.allSettled(late.map((attempt) => attempt()))))
      },
    }))

    expect(await publish(publisher, url)).toMatchObject({ code: 'git_repository_not_granted' })

    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await publisher.traces()).toEqual(before)
  })
})
