import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { justBefore } from '../support/faults.ts'
import { older } from '../support/mcp.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('when two things happen at once', { timeout: 60_000 }, () => {
  const wanted = async (shop: Shop, name: string) => ({
    packages: [name],
    project: (await aProject(shop.market)).id,
    idempotency_key: randomUUID(),
  })
  const charges = async (shop: Shop) => (await shop.bank.money()).totals.succeeded_charges

  test('fifty calls with one idempotency key charge once', async ({ shop, buyer }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search')

    const responses = await Promise.all(Array.from({ length: 50 }, () => buyer.buys(input)))

    expect(new Set(responses.map(({ operation_id, status }) => `${operation_id} ${status}`)).size).toBe(1)
    expect((await charges(shop)) - before).toBe(1)
  })

  test('two purchases at the same time use one free slot and buy one new licence', async ({
    shop,
    buyer,
  }) => {
    const billing = await shop.assistant({ name: 'billing' })
    await billing.buys({ packages: ['northwind/theme-plain'], idempotency_key: randomUUID() })
    const before = await charges(shop)
    const inputs = [await wanted(shop, 'northwind/theme-plain'), await wanted(shop, 'northwind/theme-plain')]

    const responses = await Promise.all(inputs.map((input) => buyer.buys(input)))

    const licences = responses.flatMap(({ result }) => result.licences as { id: string; outcome: string }[])
    expect(licences.map(({ outcome }) => outcome).sort()).toEqual(['bought', 'used_existing'])
    expect(new Set(licences.map(({ id }) => id)).size).toBe(2)
    expect((await charges(shop)) - before).toBe(1)
  })

  test('of three purchases of a package for one project, one buys it and the others buy nothing', async ({
    shop,
    buyer,
  }) => {
    const before = (await shop.bank.money()).totals
    const input = await wanted(shop, 'fabrikam/module-labels')

    const responses = await Promise.all(
      [1, 2, 3].map(() => buyer.buys({ ...input, idempotency_key: randomUUID() })),
    )

    const ends = responses.map(({ error, result }) => error?.code ?? outcomesIn(result).join())
    const [won, ...lost] = ends.sort((a, b) => Number(b === 'bought') - Number(a === 'bought'))
    expect(won).toBe('bought')
    for (const end of lost) expect(end).toMatch(/^(package_being_installed|already_installed)$/)
    const after = (await shop.bank.money()).totals
    expect([after.succeeded_charges - before.succeeded_charges, after.net - before.net]).toEqual([1, 1900])
    expect(await licencesOf(shop, responses)).toHaveLength(1)
  })

  test('a purchase is refused while another one installs the package, and finds it installed afterwards', async ({
    shop,
    buyer,
  }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'fabrikam/module-labels')
    const again = () => buyer.buys({ ...input, idempotency_key: randomUUID() })
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'held' })
    const winning = buyer.buys(input)
    await shop.bank.untilHeld()

    const lost = await Promise.all([again(), again()])
    await shop.bank.release()
    const won = await winning
    const late = await again()

    expect(lost.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'package_being_installed'],
      ['failed', 'package_being_installed'],
    ])
    expect([won, late].map(({ result }) => outcomesIn(result))).toEqual([['bought'], ['already_installed']])
    expect(await licencesOf(shop, [won, late, ...lost])).toHaveLength(1)
    expect((await charges(shop)) - before).toBe(1)
  })

  const outcomesIn = (result: ToolResponse['result']) =>
    (result.licences as { outcome: string }[]).map(({ outcome }) => outcome)

  /** The licences that these operations bought. */
  const licencesOf = (shop: Shop, responses: ToolResponse[]) =>
    shop.db
      .selectFrom('licences as l')
      .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
      .innerJoin('order_lines as n', 'n.id', 'i.line_id')
      .innerJoin('orders as o', 'o.id', 'n.order_id')
      .select('l.id')
      .where(
        'o.operation_id',
        'in',
        responses.map(({ operation_id }) => operation_id),
      )
      .execute()

  const STEPS = ['openOrder', 'recheckPurchase', 'chargeLine', 'settleLine', 'deliverPurchase'] as const

  test('a purchase that is cancelled before or during any of its steps ends as cancelled and unpaid, or as completed and paid', async ({
    shop,
    buyer,
  }) => {
    const before = await charges(shop)
    const statuses: string[] = []
    for (const step of STEPS)
      for (const ms of ['before', 0, 4, 12] as const)
        statuses.push(await cancelledAt(shop, buyer, { step, ms }))

    const completed = statuses.filter((status) => status === 'completed').length
    expect(completed + statuses.filter((status) => status === 'cancelled').length).toBe(20)
    expect([statuses[0], statuses.at(-1)]).toEqual(['cancelled', 'completed'])
    expect((await charges(shop)) - before).toBe(completed)
  })

  /** Buys, and cancels the purchase before a step, or so many milliseconds after the step has begun. */
  async function cancelledAt(
    shop: Shop,
    buyer: Assistant,
    { step, ms }: { step: (typeof STEPS)[number]; ms: number | 'before' },
  ): Promise<string> {
    let cancelled: Promise<ToolResponse> | undefined
    async function cancel({ operationId: operation_id }: { operationId: string }) {
      if (ms !== 'before') await sleep(ms)
      return buyer.call('cancel_operation', { operation_id })
    }
    shop.breaks(
      justBefore(step, async (input) => {
        cancelled = cancel(input)
        if (ms === 'before') await cancelled
      }),
    )
    const { status = 'none' } = await buyer.buys(await wanted(shop, 'northwind/module-search'))
    const { error } = (await cancelled) ?? {}
    expect(error?.code ?? 'too_late_to_cancel').toBe('too_late_to_cancel')
    return status
  }

  test('a cancellation after the charge is too late, and its next step leads to the result', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop, 'northwind/module-search')
    let response: ToolResponse | undefined
    shop.breaks(
      justBefore('settleLine', async () => {
        response = await buyer.call('cancel_operation', {
          operation_id: await operationOf(shop, input.idempotency_key),
        })
      }),
    )

    expect(await buyer.buys(input)).toMatchObject({ status: 'completed' })
    expect(response).toMatchObject({ isError: true, error: { code: 'too_late_to_cancel' } })
    expect(response?.error.next_step).toContain('get_operation')
  })

  test('a client that closes its connection does not cancel its purchase', async ({ shop, buyer }) => {
    const input = await wanted(shop, 'northwind/theme-plain')
    const before = await charges(shop)
    const disconnect = new AbortController()
    const call = fetch(`${shop.publicUrl}/mcp`, {
      method: 'POST',
      signal: disconnect.signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${buyer.token}`,
      },
      body: JSON.stringify(
        older('tools/call', { name: 'purchase_and_install_package', arguments: input }).body,
      ),
    })
    await operationOf(shop, input.idempotency_key)
    disconnect.abort()
    await expect(call).rejects.toThrow('abort')

    expect(await buyer.buys(input)).toMatchObject({ status: 'completed', replayed: true })
    expect((await charges(shop)) - before).toBe(1)
  })

  test('a member who is removed during the charge cannot read the purchase, and the org gets the licence', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop, 'northwind/module-stock')
    const member = shop.db
      .selectFrom('org_members')
      .selectAll()
      .where('org_id', '=', shop.market.org('acme-retail'))
      .where('customer_id', '=', shop.market.person('buyer'))
    const row = await member.executeTakeFirstOrThrow()
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'held' })
    const calling = buyer.call('purchase_and_install_package', input)
    await shop.bank.untilHeld()
    await shop.db
      .deleteFrom('org_members')
      .where('org_id', '=', row.org_id)
      .where('customer_id', '=', row.customer_id)
      .execute()
    await shop.bank.release()
    await calling
    const id = await operationOf(shop, input.idempotency_key)

    expect(await buyer.call('get_operation', { operation_id: id })).toMatchObject({
      isError: true,
      error: { code: 'operation_not_found' },
    })
    await shop.db.insertInto('org_members').values(row).execute()
    const response = await buyer.buys(input)
    expect(response).toMatchObject({ status: 'completed', result: { licences: [{ activated: false }] } })
    expect(response.result).not.toHaveProperty('auth_json')
  })

  async function operationOf(shop: Shop, key: string): Promise<string> {
    for (;;) {
      const row = await shop.db
        .selectFrom('operations')
        .select('id')
        .where('idempotency_key', '=', key)
        .executeTakeFirst()
      if (row) return row.id
    }
  }
})
