import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listAuditEvents } from '#domain/audit'
import { mintId } from '#kernel/ids'
import { aTaskDoor, TASKS_AND_URLS, TASKS } from '../../support/a-task.ts'
import { aConnection, aMcpDoor, aPerson, modern, older, send } from '../../support/mcp.ts'

let at: Awaited<ReturnType<typeof aTaskDoor>>
beforeAll(async () => {
  at = await aTaskDoor()
})
afterAll(() => at.close())

describe('a request for a task', () => {
  const METHODS = ['tasks/get', 'tasks/update', 'tasks/cancel'] as const

  test.for(METHODS)('%s is refused to clients that do not declare tasks', async (method) => {
    const { ann, run } = await at.aTask()

    const undeclared = await at.ask(ann, method, { taskId: run.id }, { elicitation: { url: {} } })
    const earlier = await send(at.door, { ...older(method, { taskId: run.id, _meta: {} }), token: ann.token })

    expect(undeclared).toMatchObject({
      status: 400,
      error: { code: -32021, data: { requiredCapabilities: TASKS } },
    })
    expect(earlier.rpc().error?.code).toBe(-32601)
    expect(await run.row()).toMatchObject({ status: 'running' })
  })

  test.for(METHODS)(
    '%s refuses a task of another person exactly as one that does not exist',
    async (method) => {
      const { run } = await at.aTask({ waits: true })
      const bob = await aPerson(at.db)
      const absent = mintId('op', new Date(), Math.random)

      for (const taskId of [run.id, absent, 'no task'])
        expect(await at.ask(bob, method, { taskId, inputResponses: {} })).toMatchObject({
          status: 200,
          error: { code: -32602, message: 'Task not found' },
        })
      expect(await run.row()).toMatchObject({ status: 'waiting_for_you' })
      const events = await listAuditEvents(at.db, { chain: `customer:${bob.customer}`, limit: 9 })
      const event = { action: method, outcome: 'refused', code: 'operation_not_found' }
      expect(events).toMatchObject([event, event, event])
    },
  )

  test('tasks/cancel cancels the operation and returns only an acknowledgement', async () => {
    const { ann, run, get } = await at.aTask()

    const first = await at.ask(ann, 'tasks/cancel', { taskId: run.id })
    const again = await at.ask(ann, 'tasks/cancel', { taskId: run.id })

    expect(first.result).toEqual({ resultType: 'complete', _meta: expect.anything() })
    expect(again.result).toEqual(first.result)
    expect(await get()).toMatchObject({ status: 'cancelled' })
  })

  test('tasks/cancel is acknowledged and changes nothing when it is too late', async () => {
    const { ann, run, get } = await at.aTask()
    await at.db.updateTable('operations').set({ cancellable: false }).where('id', '=', run.id).execute()

    expect((await at.ask(ann, 'tasks/cancel', { taskId: run.id })).result).toMatchObject({
      resultType: 'complete',
    })
    expect(await get()).toMatchObject({ status: 'working' })
  })

  test('tasks/cancel needs the scope of the tool that started the operation', async () => {
    const { ann, run } = await at.aTask()
    const reader = await aConnection(at.db, {
      customer: ann.customer,
      activeOrg: ann.org.id,
      scopes: ['read'],
    })

    const refused = await at.ask(reader, 'tasks/cancel', { taskId: run.id })

    expect(refused.error).toMatchObject({ code: -32602, message: expect.stringContaining('buy') })
    expect(await run.row()).toMatchObject({ status: 'running' })
  })

  test('a request whose header names another task than its body is refused', async () => {
    const { ann, run } = await at.aTask()
    const request = modern('tasks/cancel', { taskId: run.id }, { capabilities: TASKS_AND_URLS })
    const headers = { ...request.headers, 'mcp-name': 'op_other' }

    const answer = await send(at.door, { ...request, headers, token: ann.token })

    expect([answer.status, answer.rpc().error?.code]).toEqual([400, -32020])
    expect(await run.row()).toMatchObject({ status: 'running' })
  })

  test('a bug in a task request is answered without details and logged', async () => {
    const { ann, run } = await at.aTask()
    await at.db.updateTable('operations').set({ story: 'no such story' }).where('id', '=', run.id).execute()
    const broken = await aMcpDoor({
      db: at.db,
      cancelRun: async () => {
        throw new Error('connect ECONNREFUSED postgres://a:not-a-real-password@db.example')
      },
    })
    onTestFinished(() => broken.close())

    await run.goesOn()
    const { error } = await at.ask(ann, 'tasks/cancel', { taskId: run.id }, TASKS_AND_URLS, broken)

    expect(error).toMatchObject({
      code: -32603,
      message: expect.stringMatching(/^Something went wrong on our side/),
    })
    expect(broken.logged()).toContain('a request for a task failed')
  })

  test('only clients of protocol 2026-07-28 are offered tasks', async () => {
    const ann = await aPerson(at.db)
    const initialize = older('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'a', version: '1' },
    })

    const discovered = await at.ask(ann, 'server/discover', {})
    const initialized = (await send(at.door, { ...initialize, token: ann.token })).rpc()

    expect(discovered.result).toMatchObject({ capabilities: TASKS })
    expect(initialized.result?.capabilities).toMatchObject({ tools: { listChanged: false } })
    expect(JSON.stringify(initialized.result)).not.toContain('/tasks')
  })
})
