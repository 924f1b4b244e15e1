import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

describe.skipIf(!timeSkippingServer)('what belongs to one', () => {
  let shop: Shop
  let buyer: Assistant
  beforeAll(async () => {
    shop = await aShop()
    buyer = await shop.assistant()
  })
  afterEach(async () => {
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  const wanted = async (name = 'northwind/module-hello', org = 'acme-retail') => ({
    packages: [name],
    project: (await aProject(shop.market, { org })).id,
    idempotency_key: randomUUID(),
  })
  const look = (id: string, assistant = buyer) => assistant.call('get_operation', { operation_id: id })

  test('keys are shown as long as the caller may read them', async () => {
    const { operation_id: id } = await buyer.buys(await wanted())
    const connection = shop.db.updateTable('connections').where('id', '=', buyer.connection)
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org('acme-retail'))
      .where('customer_id', '=', shop.market.person('buyer'))

    expect((await look(id)).result).toHaveProperty('auth_json')
    await connection.set({ scopes: ['read'] }).execute()
    expect((await look(id)).result).not.toHaveProperty('auth_json')
    await connection.set({ scopes: ['read', 'projects', 'buy'] }).execute()
    await member.set({ role: 'billing' }).execute()
    expect((await look(id)).result).not.toHaveProperty('auth_json')
    await member.set({ role: 'owner' }).execute()
    expect((await look(id)).result).toHaveProperty('auth_json')
  })

  test('keys that a later purchase revoked are shown no more', async () => {
    const first = await wanted()
    const { operation_id: id } = await buyer.buys(first)
    await buyer.buys({ ...first, packages: ['northwind/theme-plain'], idempotency_key: randomUUID() })

    expect((await look(id)).result).not.toHaveProperty('auth_json')
  })

  test('a key of a colleague stands for their operation only', async () => {
    const input = { ...(await wanted()), project: undefined }
    const billing = await shop.assistant({ name: 'billing' })
    const { packages, idempotency_key } = input
    await billing.buys({ packages, idempotency_key })

    const told = await buyer.call('purchase_and_install_package', { packages, idempotency_key })

    expect(told).toMatchObject({
      isError: true,
      error: { code: expect.stringMatching(/reused|invalid_input/) },
    })
  })

  test('a quote of another org tells nothing about it', async () => {
    const globex = await shop.assistant({ name: 'developer', org: 'globex' })
    const theirs = await wanted('northwind/module-search', 'globex')
    const { result } = await globex.call('purchase_and_install_package', { ...theirs, dry_run: true })
    await globex.buys({ ...theirs, quote: result.quote })

    const told = await buyer.buys({ ...(await wanted('northwind/module-search')), quote: result.quote })

    expect(told).toMatchObject({ status: 'failed', error: { code: 'price_changed' } })
    expect(JSON.stringify(told.error)).not.toContain('op_')
  })

  test('a licence that is over may be bought again, and takes the place of the old one', async () => {
    const input = await wanted('northwind/module-stock')
    await buyer.buys(input)
    const over = new Date(Date.now() - 60_000)
    await shop.db.updateTable('licences').set({ valid_until: over }).where('model', '=', 'yearly').execute()

    const told = await buyer.buys({ ...input, idempotency_key: randomUUID() })

    expect(told.result).toMatchObject({ licences: [{ outcome: 'bought', activated: true }] })
    const held = await shop.db
      .selectFrom('activations')
      .select('deactivated_at')
      .where('project_id', '=', input.project)
      .orderBy('id')
      .execute()
    expect(held.map(({ deactivated_at }) => deactivated_at !== null)).toEqual([true, false])
  })

  test('every action and every refusal is in the audit log of the org', async () => {
    const done = await buyer.buys(await wanted())
    const refused = await buyer.buys({ ...(await wanted()), packages: ['northwind/module-nowhere'] })
    const events = await shop.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${shop.market.org('acme-retail')}`)
      .execute()
    const audited = (operation: string) =>
      events
        .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
        .filter((event) => event.operation === operation)
        .map(({ action, outcome, code }) => [action, outcome, code])

    expect(audited(done.operation_id)).toEqual([
      ['purchase_and_install_package', 'done', undefined],
      ['show_auth_json', 'done', undefined],
    ])
    expect(audited(refused.operation_id)).toEqual([
      ['purchase_and_install_package', 'refused', 'package_not_found'],
    ])
  })
})
