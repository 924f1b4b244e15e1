import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('what an operation shows to other callers', () => {
  const wanted = async (shop: Shop, name = 'northwind/module-hello', org = 'acme-retail') => ({
    packages: [name],
    project: (await aProject(shop.market, { org })).id,
    idempotency_key: randomUUID(),
  })
  const look = ({ call }: Assistant, id: string) => call('get_operation', { operation_id: id })

  test('the result of a purchase shows the keys only while the caller may read them', async ({
    shop,
    buyer,
  }) => {
    const { operation_id: id } = await buyer.buys(await wanted(shop))
    const connection = shop.db.updateTable('connections').where('id', '=', buyer.connection)
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org('acme-retail'))
      .where('customer_id', '=', shop.market.person('buyer'))

    expect((await look(buyer, id)).result).toHaveProperty('auth_json')
    await connection.set({ scopes: ['read'] }).execute()
    expect((await look(buyer, id)).result).not.toHaveProperty('auth_json')
    await connection.set({ scopes: ['read', 'projects', 'buy'] }).execute()
    await member.set({ role: 'billing' }).execute()
    expect((await look(buyer, id)).result).not.toHaveProperty('auth_json')
    await member.set({ role: 'owner' }).execute()
    expect((await look(buyer, id)).result).toHaveProperty('auth_json')
  })

  test('keys are shown beside those of a later purchase, until they are revoked', async ({ shop, buyer }) => {
    const first = await wanted(shop)
    const { operation_id: id } = await buyer.buys(first)
    await buyer.buys({ ...first, packages: ['northwind/theme-plain'], idempotency_key: randomUUID() })
    expect((await look(buyer, id)).result).toHaveProperty('auth_json')

    const tokens = shop.db.selectFrom('project_tokens').select('id').where('project_id', '=', first.project)
    for (const { id: token } of await tokens.execute()) await buyer.call('revoke_project_token', { token })

    expect((await look(buyer, id)).result).not.toHaveProperty('auth_json')
  })

  test('an idempotency key that a colleague used is refused, and their operation is not named', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop)
    const billing = await shop.assistant({ name: 'billing' })
    expect(await billing.buys(input)).toMatchObject({ status: 'completed' })

    const response = await buyer.call('purchase_and_install_package', input)

    expect(response).toMatchObject({ isError: true, error: { code: 'idempotency_key_reused' } })
    expect(JSON.stringify(response)).not.toContain('op_')
  })

  test('a quote of another org is refused, and the refusal reveals nothing about it', async ({
    shop,
    buyer,
  }) => {
    const globex = await shop.assistant({ name: 'developer', org: 'globex' })
    const theirs = await wanted(shop, 'northwind/module-search', 'globex')
    const { result } = await globex.call('purchase_and_install_package', { ...theirs, dry_run: true })
    await globex.buys({ ...theirs, quote: result.quote })

    const response = await buyer.buys({
      ...(await wanted(shop, 'northwind/module-search')),
      quote: result.quote,
    })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'price_changed' } })
    expect(JSON.stringify(response.error)).not.toContain('op_')
  })

  test('a licence that has ended can be bought again, and the new one replaces it', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop, 'northwind/module-stock')
    await buyer.buys(input)
    const over = new Date(Date.now() - 60_000)
    await shop.db.updateTable('licences').set({ valid_until: over }).where('model', '=', 'yearly').execute()

    const response = await buyer.buys({ ...input, idempotency_key: randomUUID() })

    expect(response.result).toMatchObject({ licences: [{ outcome: 'bought', activated: true }] })
    const held = await shop.db
      .selectFrom('activations')
      .select('deactivated_at')
      .where('project_id', '=', input.project)
      .orderBy('id')
      .execute()
    expect(held.map(({ deactivated_at }) => deactivated_at !== null)).toEqual([true, false])
  })

  test('every action and every refusal is in the audit log of the org', async ({ shop, buyer }) => {
    const done = await buyer.buys(await wanted(shop))
    const refused = await buyer.buys({ ...(await wanted(shop)), packages: ['northwind/module-nowhere'] })
    const events = await shop.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${shop.market.org('acme-retail')}`)
      .orderBy('seq')
      .execute()
    const audited = (operation: string) =>
      events
        .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
        .filter((event) => event.operation === operation)
        .map(({ action, outcome, code }) => [action, outcome, code])

    expect(audited(done.operation_id)).toEqual([
      ['start_operation', 'done', undefined],
      ['purchase_and_install_package', 'done', undefined],
      ['show_auth_json', 'done', undefined],
    ])
    expect(audited(refused.operation_id)).toEqual([
      ['start_operation', 'done', undefined],
      ['purchase_and_install_package', 'refused', 'package_not_found'],
    ])
  })
})
