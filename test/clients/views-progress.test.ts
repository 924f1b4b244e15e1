import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { anOperation, OPERATION_STATES } from '../support/shown-operations.ts'
import { aViewHost, type ViewHost } from '../support/a-view-host.ts'
import { launchBrowser } from '../support/browser.ts'
import { someViews } from '../support/some-views.ts'

const program = inject('browserPath')
describe.skipIf(!program)('the view of an operation, in a host', () => {
  let browser: Browser
  let host: ViewHost
  let html: Awaited<ReturnType<typeof someViews>>['html']
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ html, close } = await someViews())
    browser = await launchBrowser(program ?? '')
    host = await aViewHost(browser)
  })
  afterAll(async () => {
    await browser?.close()
    await close?.()
  })

  test(
    'a running operation follows its row with the only call of a view, which reads',
    { timeout: 30_000 },
    async () => {
      await host.page.clock.install()
      await host.show({
        html: html.operation,
        result: anOperation(OPERATION_STATES.running),
        rows: [{ operation_id: 'op_01', ...OPERATION_STATES.running }],
      })
      await host.answer([
        { operation_id: 'op_other', status: 'failed' },
        { operation_id: 'op_01', status: 'completed' },
      ])
      await host.page.clock.runFor(5_100)
      await host.view.getByText('Done').waitFor()
      await host.page.clock.runFor(60_000)

      const { calls } = await host.asked()
      const call = { name: 'list_operations', arguments: { org: 'acme-retail', response_format: 'detailed' } }
      expect(calls).toEqual([call])
      expect(await host.view.getByRole('button').allInnerTexts()).toEqual(['Ask for the result'])
    },
  )

  test(
    'an operation that is older than the first page of the list is followed, too',
    { timeout: 30_000 },
    async () => {
      await host.page.clock.install()
      await host.show({ html: html.operation, result: anOperation(OPERATION_STATES.running) })
      const row = (n: number) => ({ operation_id: `op_${n}`, status: 'failed' })
      const newer = Array.from({ length: 45 }, (_, n) => row(99 - n))
      await host.answer([...newer, { operation_id: 'op_01', status: 'completed' }, row(0)])

      await host.page.clock.runFor(5_100)
      await host.view.getByText('Done').waitFor()

      const { calls } = await host.asked()
      expect(calls.map((call) => (call as { arguments: { cursor?: string } }).arguments.cursor)).toEqual([
        undefined,
        '20',
        '40',
      ])
    },
  )

  test('the view stops paging when the pages are older than its operation', { timeout: 30_000 }, async () => {
    await host.page.clock.install()
    await host.show({ html: html.operation, result: anOperation(OPERATION_STATES.running) })
    await host.answer(Array.from({ length: 60 }, () => ({ operation_id: 'op_00', status: 'failed' })))

    await host.page.clock.runFor(5_100)
    await host.view.getByText('Running').waitFor()

    expect((await host.asked()).calls).toHaveLength(1)
  })
})
