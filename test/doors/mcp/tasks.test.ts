import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { SOON } from '../../support/a-run.ts'
import { aTaskDoor, TASKS_AND_URLS, CARD, questionIn, TASKS } from '../../support/a-task.ts'
import { aMcpDoor } from '../../support/mcp.ts'

let at: Awaited<ReturnType<typeof aTaskDoor>>
beforeAll(async () => {
  at = await aTaskDoor()
})
afterAll(() => at.close())

describe('an operation for a client that declares tasks', () => {
  test('a new operation is returned as a task, and tasks/get returns its progress and then its result', async () => {
    const { run, created, get } = await at.aTask()
    const times = { createdAt: expect.stringMatching(/Z$/), lastUpdatedAt: expect.stringMatching(/Z$/) }

    expect(created.result).toMatchObject({
      ...times,
      resultType: 'task',
      taskId: run.id,
      status: 'working',
      ttlMs: null,
      pollIntervalMs: 2_000,
      structuredContent: { operation_id: run.id, status: 'running' },
    })
    expect(created.result).not.toHaveProperty('result')
    await run.step('lookForAddedCard')
    expect(await get()).toMatchObject({
      ...times,
      resultType: 'complete',
      taskId: run.id,
      status: 'working',
      statusMessage: 'Looking for the added card.',
    })
    await run.completes(CARD)
    const task = await get()
    expect(task).toMatchObject({
      status: 'completed',
      result: { resultType: 'complete', structuredContent: { status: 'completed', result: CARD } },
    })
    const { content, structuredContent, isError } = (task?.result ?? {}) as Record<string, unknown>
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }])
    expect(isError).toBeUndefined()
  })

  test('the task of a failed operation completes with an error, and the task of a cancelled operation is cancelled', async () => {
    const failing = await at.aTask()
    await failing.run.fails({ code: 'wait_expired', message: 'Nobody came.' })
    const stopped = await at.aTask()
    await stopped.run.isCancelled()

    expect(await failing.get()).toMatchObject({
      status: 'completed',
      result: { isError: true, structuredContent: { error: { code: 'wait_expired' } } },
    })
    expect(await stopped.get()).toMatchObject({ status: 'cancelled' })
    expect(await stopped.get()).not.toHaveProperty('result')
  })

  test('a waiting task asks the person to open a page, then has the status working, then completes', async () => {
    const { run, created, get, update } = await at.aTask({ waits: true })
    expect(created.result).toMatchObject({
      resultType: 'task',
      status: 'input_required',
      pollIntervalMs: 10_000,
    })
    expect(created.result).not.toHaveProperty('inputRequests')
    const asked = await get()
    const key = questionIn(asked)
    expect(asked).toMatchObject({
      status: 'input_required',
      inputRequests: {
        [key]: {
          method: 'elicitation/create',
          params: {
            mode: 'url',
            url: expect.stringContaining('/o/'),
            message: expect.stringMatching(/card/),
          },
        },
      },
    })

    const updated = await update({ [key]: { action: 'accept' } })

    expect(updated.result).toEqual({ resultType: 'complete', _meta: expect.anything() })
    const opened = await get()
    expect(opened).toMatchObject({ status: 'working' })
    expect(opened).not.toHaveProperty('inputRequests')
    await run.goesOn()
    expect(await get()).toMatchObject({ status: 'working' })
    await run.completes(CARD)
    expect(await get()).toMatchObject({
      status: 'completed',
      result: { structuredContent: { result: CARD } },
    })
  })

  test('a task that waits a second time asks its question under another key', async () => {
    const { run, get, update } = await at.aTask({ waits: true })
    const first = questionIn(await get())
    await update({ [first]: { action: 'accept' } })
    await run.waits('authentication', new Date(Date.now() + 7_200_000))

    const second = await get()
    await update({ [first]: { action: 'accept' } })

    expect(second).toMatchObject({ status: 'input_required' })
    expect(questionIn(second)).not.toBe(first)
    expect(await get()).toMatchObject({ status: 'input_required' })
  })

  test.for(['decline', 'cancel'])(
    'when the person answers %s, the task completes with the handle for the model',
    async (action) => {
      const { get, update } = await at.aTask({ waits: true })

      await update({ [questionIn(await get())]: { action } })

      expect(await get()).toMatchObject({
        status: 'completed',
        result: { structuredContent: { status: 'waiting_for_you', next_action: { type: 'open_url' } } },
      })
    },
  )

  test('a task keeps its question after an invalid answer', async () => {
    const { get, update } = await at.aTask({ waits: true })

    await update({ other: { action: 'accept' } })
    await update({ [questionIn(await get())]: { action: 7 } })
    await update({})

    expect(await get()).toMatchObject({ status: 'input_required' })
  })

  test('the model gets the handle when the client cannot open URLs', async () => {
    const { ann, created, run } = await at.aTask({ waits: true, capabilities: TASKS })
    const { run: later, get } = await at.aTask({ capabilities: TASKS })
    await later.waits()

    expect(created.result).toMatchObject({
      resultType: 'complete',
      structuredContent: { operation_id: run.id, status: 'waiting_for_you' },
    })
    expect(await get()).toMatchObject({ result: { structuredContent: { status: 'waiting_for_you' } } })
    expect((await at.ask(ann, 'tasks/get', { taskId: run.id }, TASKS_AND_URLS)).result).toMatchObject({
      status: 'input_required',
    })
  })

  test('a repeated call gets a task at once while the operation runs, and the result once it is over', async () => {
    const { ann, run } = await at.aTask()
    const begun = performance.now()
    const again = await at.call(ann, TASKS, { _meta: { progressToken: 1 } })
    expect(again.result).toMatchObject({ resultType: 'task', structuredContent: { replayed: true } })
    expect(performance.now() - begun).toBeLessThan(SOON.longestMs)
    await run.completes(CARD)

    expect((await at.call(ann)).result).toMatchObject({
      resultType: 'complete',
      structuredContent: { status: 'completed' },
    })
    const stopped = await at.aTask()
    await stopped.run.isCancelled()
    expect((await at.call(stopped.ann)).result).toMatchObject({
      resultType: 'complete',
      structuredContent: { status: 'cancelled' },
    })
  })

  test('a task can be read in another process', async () => {
    const { ann, run } = await at.aTask()
    const other = await aMcpDoor({ db: at.db, pace: SOON })
    onTestFinished(() => other.close())

    const { result } = await at.ask(ann, 'tasks/get', { taskId: run.id }, TASKS_AND_URLS, other)

    expect(result).toMatchObject({ taskId: run.id, status: 'working' })
  })
})
