import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readOperation } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { aGitHost, type TestGitHost } from '../support/a-git-host.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { pageBehind, untilItIsOver } from '../support/a-wait.ts'
import { justBefore, losingResultsOf } from '../support/faults.ts'

const STORY = 'start_git_integration'
const VERA = { name: 'vendor', org: 'northwind' }

describe.skipIf(!timeSkippingServer)('start_git_integration', { timeout: 60_000 }, () => {
  let shop: Shop
  let gitlab: TestGitHost
  let vera: Assistant
  beforeAll(async () => {
    shop = await aShop({
      gitHosts: async (publicUrl) => {
        gitlab = await aGitHost('gitlab', { publicUrl })
        return [gitlab.host]
      },
    })
    vera = await shop.assistant(VERA)
  })
  afterAll(async () => {
    await shop?.close()
    await gitlab?.stop()
  })

  const start = ({ call }: Assistant = vera, key = randomUUID()) =>
    call(STORY, { host: gitlab.host.host, idempotency_key: key })

  async function waits(assistant = vera): Promise<ToolResponse & { path: string }> {
    let handle = await start(assistant)
    while (handle.status === 'running')
      handle = await assistant.call('get_operation', { operation_id: handle.operation_id, wait_ms: 5_000 })
    expect(handle).toMatchObject({
      status: 'waiting_for_you',
      next_action: { type: 'open_url', reason: 'git_consent' },
    })
    return { ...handle, path: new URL(handle.next_action?.url ?? '').pathname }
  }

  async function consents(path: string, answer: 'allow' | 'deny' = 'allow') {
    const visitor = await shop.visitor(VERA.name)
    const page = await pageBehind(visitor, path)
    const back = await gitlab.answers(page.replaceAll('&#38;', '&'), 'vera', answer)
    const callback = await visitor.get(`${back.pathname}${back.search}`)
    return { visitor, callback }
  }

  const over = (id: OperationId) =>
    vi.waitFor(
      async () => {
        const operation = await readOperation(shop.db, id)
        if (!operation.finishedAt) throw new Error(`the operation is ${operation.status}`)
        return operation
      },
      { timeout: 10_000, interval: 20 },
    )

  test('a person consents in the browser, and the operation completes by itself', async () => {
    const { path, operation_id } = await waits()

    const { visitor, callback } = await consents(path)

    expect(callback.headers.location).toBe(`${path}/return`)
    const operation = await over(operation_id)
    expect(operation).toMatchObject({
      status: 'completed',
      result: { integrations: [{ host: gitlab.host.host, account: 'vera' }] },
    })
    expect((await visitor.get(path)).body).toContain('The Git host is connected.')
    const { items } = (await vera.call('list_git_integrations', {})) as never as { items: { id: string }[] }
    expect(items).toMatchObject([{ account: 'vera', state: 'connected' }])
    const listed = await vera.call('list_git_repositories', { integration: items[0]?.id })
    expect(listed).toMatchObject({ items: [{ path: 'vera/module-one' }, { path: 'vera/module-two' }, {}] })
    expect(shop.logged()).not.toMatch(/gloas-[\da-f]|glrt-[\da-f]/)
  })

  test('after a refused consent the operation still waits, and the person may try again', async () => {
    const { path, operation_id } = await waits()

    const { callback } = await consents(path, 'deny')
    expect(callback.body).toContain('nothing was connected')
    expect(await readOperation(shop.db, operation_id)).toMatchObject({ status: 'waiting_for_you' })
    await consents(path)

    expect(await over(operation_id)).toMatchObject({ status: 'completed' })
  })

  test('a cancelled operation has a link that connects nothing', async () => {
    const { path, operation_id } = await waits()
    const visitor = await shop.visitor(VERA.name)
    const page = (await pageBehind(visitor, path)).replaceAll('&#38;', '&')
    await vera.call('cancel_operation', { operation_id })
    expect(await over(operation_id)).toMatchObject({ status: 'cancelled' })

    const back = await gitlab.answers(page, 'otto')
    const answer = await visitor.get(`${back.pathname}${back.search}`)

    expect([answer.statusCode, answer.body]).toEqual([409, expect.stringContaining('is over')])
    expect((await visitor.get(path)).body).toContain('nothing was connected')
  })

  test.each(['beginGitWait', 'lookForGitIntegration', 'reportStatus'] as const)(
    'start_git_integration connects once when the result of %s is lost once',
    async (step) => {
      const losing = losingResultsOf(step, 1)
      shop.breaks(losing)
      const { path, operation_id } = await waits()
      await consents(path)

      const operation = await over(operation_id)

      shop.breaks()
      expect(losing.lost()).toBe(1)
      expect(operation).toMatchObject({
        status: 'completed',
        result: { integrations: [{ account: 'vera' }] },
      })
    },
  )

  test('the same key joins the operation, and another host is another request', async () => {
    const key = randomUUID()
    const { operation_id } = await start(vera, key)

    expect(await start(vera, key)).toMatchObject({ operation_id, replayed: true })
    const upper = { host: gitlab.host.host.toUpperCase(), idempotency_key: key }
    expect(await vera.call(STORY, upper)).toMatchObject({ operation_id, replayed: true })
    await vera.call('cancel_operation', { operation_id })
  })

  test('a host that is not configured starts nothing, and its refusal lists the known hosts', async () => {
    const refused = await vera.call(STORY, { host: 'evil.example', idempotency_key: randomUUID() })

    expect(refused).toMatchObject({
      isError: true,
      error: { code: 'git_host_unknown', next_step: `Use one of: ${gitlab.host.host}.` },
    })
  })

  test('a developer cannot start it, and a role that is lost just before the wait ends it', async () => {
    const developer = await shop.assistant({ name: 'developer', org: 'acme-retail' })
    expect(await start(developer)).toMatchObject({ isError: true, error: { code: 'not_allowed' } })
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org(VERA.org))
      .where('customer_id', '=', shop.market.person(VERA.name))
    shop.breaks(justBefore('beginGitWait', () => member.set({ role: 'developer' }).execute()))

    const response = await untilItIsOver(vera, start())

    shop.breaks()
    await member.set({ role: 'owner' }).execute()
    expect(response).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })
})
