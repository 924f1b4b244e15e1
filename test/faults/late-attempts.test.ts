import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Activities } from '#activities'
import { revokeConnection } from '#domain/connections'
import { openIncidents } from '#domain/incidents'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { justBefore, losingResultsOf, withPauses } from '../support/faults.ts'

const test = storyTest({ skipsWaits: true })

const ALWAYS = 1_000_000

describe.skipIf(!timeSkippingServer)('a late attempt of a step', { timeout: 60_000 }, () => {
  const wanted = async (shop: Shop, name = 'northwind/module-search') => ({
    packages: [name],
    project: (await aProject(shop.market)).id,
    idempotency_key: randomUUID(),
  })

  test('a late attempt to charge makes no payment after the undo', async ({ shop, buyer }) => {
    const { totals } = await shop.bank.money()
    const late: Array<Parameters<Activities['chargeLine']>[0]> = []
    let working: Activities | undefined
    shop.breaks((steps) => {
      working = steps
      return {
        ...steps,
        async chargeLine(input) {
          late.push(input)
          throw new Error('it hangs')
        },
      }
    })
    expect(await buyer.buys(await wanted(shop))).toMatchObject({
      status: 'failed',
      error: { code: 'temporarily_unavailable' },
    })

    for (const input of late.slice(0, 5)) expect(await working?.chargeLine(input)).toHaveProperty('refusal')
    expect((await shop.bank.money()).totals).toEqual(totals)
  })

  test('a payment that is created during its undo is closed again', async ({ shop, buyer }) => {
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        await shop.bank.next({ match: { method: 'POST', path: '/payment_intents' }, answer: 'held' })
        const late = steps.chargeLine(input)
        await shop.bank.untilHeld()
        await steps.undoCharge(input)
        await shop.bank.release()
        return late
      },
    }))

    expect(await buyer.buys(await wanted(shop))).toMatchObject({ status: 'failed' })
    const { intents } = await shop.bank.money()
    expect(intents.at(-1)).toMatchObject({ status: 'canceled', captured: 0 })
  })

  test('a payment that is confirmed during its undo is refunded', async ({ shop, buyer }) => {
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'held_after' })
        const late = steps.chargeLine(input)
        await shop.bank.untilHeld()
        await steps.undoCharge(input)
        await shop.bank.release()
        return late
      },
    }))

    expect(await buyer.buys(await wanted(shop))).toMatchObject({ status: 'failed' })
    const { intents } = await shop.bank.money()
    expect(intents.at(-1)).toMatchObject({ status: 'succeeded', captured: 4900, refunded: 4900 })
  })

  test('a late attempt to open an order is refused after the undo', async ({ shop, buyer }) => {
    const late: Array<Parameters<Activities['openOrder']>[0]> = []
    const refusals: unknown[] = []
    shop.breaks((steps) => ({
      ...steps,
      async openOrder(input) {
        late.push(input)
        throw new Error('it hangs')
      },
      async cancelOrder(input) {
        await steps.cancelOrder(input)
        for (const each of late) await steps.openOrder(each).catch((error: unknown) => refusals.push(error))
      },
    }))

    expect(await buyer.buys(await wanted(shop))).toMatchObject({ status: 'failed' })
    expect(refusals).toHaveLength(late.length)
    expect(refusals[0]).toMatchObject({ code: 'operation_is_over' })
  })

  test('a second attempt to deliver returns the result of the first, even when the role of the buyer changed', async ({
    shop,
  }) => {
    const billing = await shop.assistant({ name: 'developer', org: 'globex' })
    const { id: project } = await aProject(shop.market, { org: 'globex' })
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org('globex'))
      .where('customer_id', '=', shop.market.person('developer'))
    shop.breaks((steps) => {
      let isFirst = true
      return {
        ...steps,
        async deliverPurchase(input) {
          const result = await steps.deliverPurchase(input)
          if (!isFirst) return result
          isFirst = false
          await member.set({ role: 'billing' }).execute()
          throw new Error('the result was lost')
        },
      }
    })

    const response = await billing.buys({
      packages: ['northwind/module-hello'],
      project,
      idempotency_key: randomUUID(),
    })

    await member.set({ role: 'owner' }).execute()
    expect(response.result).toMatchObject({ project, licences: [{ activated: true }] })
  })

  /** How many seconds Temporal waits before the second attempt of a step, and before each attempt at most. */
  async function pausesOf(shop: Shop, id: string | undefined, step: keyof Activities) {
    const { events } = await shop.workflows.getHandle(`purchase_and_install_package/${id}`).fetchHistory()
    const scheduled = events?.map((event) => event.activityTaskScheduledEventAttributes)
    const { initialInterval, maximumInterval } =
      scheduled?.find((each) => each?.activityType?.name === step)?.retryPolicy ?? {}
    return { first: Number(initialInterval?.seconds), longest: Number(maximumInterval?.seconds) }
  }

  test('a delivery that is undone leaves no valid token and no active project', async ({ shop, buyer }) => {
    const losing = losingResultsOf('deliverPurchase', ALWAYS)
    shop.breaks(withPauses('1h', losing))
    const response = await buyer.buys({
      packages: ['northwind/module-search'],
      new_project: { name: 'Never' },
      idempotency_key: randomUUID(),
    })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    const project = await shop.db
      .selectFrom('projects as p')
      .innerJoin('project_tokens as t', 't.project_id', 'p.id')
      .select(['p.archived_at', 't.revoked_at'])
      .where('p.name', '=', 'Never')
      .executeTakeFirstOrThrow()
    expect(project).toEqual({ archived_at: expect.any(Date), revoked_at: expect.any(Date) })
    const operation = await shop.db
      .selectFrom('operations as p')
      .innerJoin('orders as o', 'o.operation_id', 'p.id')
      .select(['o.cancelled_at', 'o.closed_at', 'p.created_at', 'p.finished_at'])
      .where('p.id', '=', response.operation_id)
      .executeTakeFirstOrThrow()
    expect(operation).toMatchObject({ cancelled_at: expect.any(Date), closed_at: null })
    expect(Number(operation.finished_at) - Number(operation.created_at)).toBeGreaterThan(70.9 * 3_600_000)
    expect(losing.lost()).toBeGreaterThan(70)
    expect(await pausesOf(shop, response.operation_id, 'deliverPurchase')).toEqual({ first: 1, longest: 300 })
    const open = await openIncidents(shop.db)
    expect(open.filter(({ object }) => object === response.operation_id)).toEqual([])
  })

  test('a project that is archived before the delivery gets no licence, and the licence stays with the org', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop)
    const archive = () =>
      shop.db
        .updateTable('projects')
        .set({ archived_at: new Date() })
        .where('id', '=', input.project)
        .execute()
    shop.breaks(justBefore('deliverPurchase', archive))

    const response = await buyer.buys(input)

    expect(response).toMatchObject({ status: 'completed', result: { licences: [{ activated: false }] } })
    expect(response.result).not.toHaveProperty('auth_json')
    expect(response.result.next_step).toContain('activate_licence')
    const tokens = shop.db.selectFrom('project_tokens').select('id').where('project_id', '=', input.project)
    expect(await tokens.execute()).toEqual([])
  })

  const customer = (shop: Shop) =>
    shop.db.updateTable('customers').where('id', '=', shop.market.person('billing'))
  test.for([
    ['northwind/module-search', 'its connection was revoked'],
    ['northwind/module-hello', 'its connection was revoked'],
    ['northwind/module-search', 'its connection lost the scope'],
    ['northwind/module-search', 'its customer was disabled'],
  ] as const)('a purchase of %s fails when %s before the charge', async ([name, why], { shop }) => {
    const billing = await shop.assistant({ name: 'billing' })
    const { connection: id } = billing
    const loss = {
      'its connection was revoked': () => revokeConnection(shop.db, { id, reason: 'test', at: new Date() }),
      'its connection lost the scope': () =>
        shop.db
          .updateTable('connections')
          .set({ scopes: ['read'] })
          .where('id', '=', id)
          .execute(),
      'its customer was disabled': () => customer(shop).set({ disabled_at: new Date() }).execute(),
    }[why]
    shop.breaks(justBefore('recheckPurchase', loss))
    const key = randomUUID()

    await billing.call('purchase_and_install_package', { packages: [name], idempotency_key: key })

    await customer(shop).set({ disabled_at: null }).execute()
    const { status, error } = await operationOf(shop, key)
    expect({ status, error }).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })

  test('a purchase uses no existing licence when its connection was revoked', async ({ shop }) => {
    const first = await shop.assistant({ name: 'billing' })
    const free = { packages: ['fabrikam/module-broken'] }
    await first.buys({ ...free, idempotency_key: randomUUID() })
    const second = await shop.assistant({ name: 'billing' })
    const revoke = () => revokeConnection(shop.db, { id: second.connection, reason: 'test', at: new Date() })
    shop.breaks(justBefore('recheckPurchase', revoke))
    const key = randomUUID()

    await second.call('purchase_and_install_package', { ...free, idempotency_key: key })

    expect(await operationOf(shop, key)).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })

  async function operationOf(shop: Shop, key: string) {
    for (;;) {
      const row = await shop.db
        .selectFrom('operations')
        .selectAll()
        .where('idempotency_key', '=', key)
        .executeTakeFirstOrThrow()
      if (row.finished_at) return row
    }
  }
})
