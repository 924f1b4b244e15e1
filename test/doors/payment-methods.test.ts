import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listPaymentMethods } from '#domain/billing'
import { readOperation } from '#domain/operations'
import { TEST_KEY } from '../support/a-bank.ts'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import type { Visitor } from '../support/a-visitor.ts'

const PAGE = '/account/payment-methods'

describe.skipIf(!timeSkippingServer)('the page of saved cards', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterAll(() => shop?.close())

  const cardsOf = (org: string) => listPaymentMethods(shop.db, shop.market.org(org))
  const firstCardOf = async (org: string) => (await cardsOf(org))[0]?.id ?? ''
  const events = async (org: string) => {
    const rows = await shop.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `org:${shop.market.org(org)}`)
      .orderBy('seq')
      .execute()
    return rows.map(({ body }) => JSON.parse(body) as Record<string, string>)
  }

  /** The provider's customer that the card belongs to; null when it is detached. */
  async function holderOf(id: string): Promise<string | null> {
    const { stripe_payment_method_id } = await shop.db
      .selectFrom('payment_methods')
      .select('stripe_payment_method_id')
      .where('id', '=', id as never)
      .executeTakeFirstOrThrow()
    const url = `${shop.bank.url}/v1/payment_methods/${stripe_payment_method_id}`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TEST_KEY}` } })
    return ((await answer.json()) as { customer: string | null }).customer
  }

  /** Adds a card by the page; returns the operation page where the person ends. */
  async function addCard(visitor: Visitor, org: string, number = '4242424242424242') {
    await visitor.get(PAGE)
    const { statusCode, headers } = await visitor.post(PAGE, { org })
    expect([statusCode, headers.location]).toEqual([303, expect.stringMatching(/^\/o\/[\w-]{43}$/)])
    const path = headers.location ?? ''
    await visitor.get(path)
    const page = /class="button" href="([^"]+)"/.exec((await visitor.post(path)).body)?.[1] ?? ''
    const back = new URL((await shop.bank.typeCard(page, number)) ?? '')
    await visitor.get(`${back.pathname}${back.search}`)
    return visitor.get(path)
  }

  test('the page of saved cards sends a visitor who is not signed in to the sign-in', async () => {
    const visitor = await shop.visitor()
    await visitor.get('/sign-in')

    const answers = [
      await visitor.get(PAGE),
      await visitor.post(PAGE, { org: 'acme-retail' }),
      await visitor.post(`${PAGE}/${await firstCardOf('acme-retail')}/remove`, { org: 'acme-retail' }),
    ]

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303, 303])
    expect(answers[0]?.headers.location).toBe(`/sign-in?continue=${encodeURIComponent(PAGE)}`)
    expect(await cardsOf('acme-retail')).toHaveLength(1)
  })

  test('the page of saved cards lists only the orgs in which the visitor may buy', async () => {
    const orgsFor = async (name: string) => {
      const { body } = await (await shop.visitor(name)).get(PAGE)
      return [...body.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, org]) => org)
    }

    expect(await orgsFor('buyer')).toEqual(['Acme Retail'])
    expect(await orgsFor('billing')).toEqual(['Acme Retail'])
    expect(await orgsFor('developer')).toEqual(['Globex'])
    expect(await orgsFor('viewer')).toEqual([])
    expect((await (await shop.visitor('viewer')).get(PAGE)).body).toContain('You may buy in no org')
  })

  test.for([
    ['viewer', 403],
    ['developer', 403],
    ['vendor', 404],
  ] as const)('the person %s cannot change the cards of an org and gets %i', async ([name, status]) => {
    const [visitor, card] = [await shop.visitor(name), await firstCardOf('acme-retail')]
    await visitor.get(PAGE)
    const org = { org: 'acme-retail' }

    const answers = [
      await visitor.post(PAGE, org),
      await visitor.post(`${PAGE}/${card}/default`, org),
      await visitor.post(`${PAGE}/${card}/remove`, org),
      await visitor.post(`${PAGE}/${card}/remove`, { org: shop.market.org('acme-retail') }),
    ]

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([status, status, status, status])
    expect(await cardsOf('acme-retail')).toMatchObject([{ id: card, isDefault: true }])
    expect(await holderOf(card)).toMatch(/^cus_/)
  })

  test('a person who may buy in one org cannot change a card of another org', async () => {
    const [dev, card] = [await shop.visitor('developer'), await firstCardOf('acme-retail')]
    await dev.get(PAGE)

    for (const action of ['default', 'remove']) {
      const { statusCode, body } = await dev.post(`${PAGE}/${card}/${action}`, { org: 'globex' })
      expect(statusCode).toBe(404)
      expect(body).not.toContain('···· 4242')
    }
    expect(await holderOf(card)).toMatch(/^cus_/)
  })

  test('the page of saved cards accepts only its own forms', async () => {
    const [bea, card] = [await shop.visitor('buyer'), await firstCardOf('acme-retail')]
    await bea.get(PAGE)

    for (const url of [PAGE, `${PAGE}/${card}/default`, `${PAGE}/${card}/remove`]) {
      expect((await bea.post(url, { org: 'acme-retail', _csrf: undefined })).statusCode).toBe(403)
      const foreign = await bea.post(url, { org: 'acme-retail' }, { origin: 'https://evil.example' })
      expect(foreign.statusCode).toBe(403)
      expect((await bea.get(`${url}?org=acme-retail`)).statusCode).toBe(url === PAGE ? 200 : 404)
    }
    expect((await bea.post(PAGE)).statusCode).toBe(404)
    expect(await cardsOf('acme-retail')).toHaveLength(1)
  })

  test('a person adds a card, makes it the default and removes the other card, also at the provider', async () => {
    const [bea, first] = [await shop.visitor('buyer'), await firstCardOf('acme-retail')]
    const { length: before } = await events('acme-retail')

    const added = await addCard(bea, 'acme-retail', '4000000000000341')
    expect(added.body).toContain('The card is saved. <a href="/account/payment-methods">')
    const [, second = { id: '' }] = await cardsOf('acme-retail')
    expect(await cardsOf('acme-retail')).toMatchObject([{ id: first, isDefault: true }, { last4: '0341' }])
    const { body } = await bea.get(PAGE)
    expect(body).toContain('aria-label="Make default: Visa ending in 0341"')
    expect(body).not.toContain('aria-label="Make default: Visa ending in 4242"')

    const done = await bea.post(`${PAGE}/${second.id}/default`, { org: 'acme-retail' })
    expect([done.statusCode, done.headers.location]).toEqual([303, PAGE])
    expect(await cardsOf('acme-retail')).toMatchObject([
      { id: second.id, isDefault: true },
      { id: first, isDefault: false },
    ])
    expect((await bea.post(`${PAGE}/${first}/remove`, { org: 'acme-retail' })).statusCode).toBe(303)

    expect(await cardsOf('acme-retail')).toMatchObject([{ id: second.id }])
    expect([await holderOf(first), await holderOf(second.id)]).toEqual([null, expect.stringMatching(/^cus_/)])
    expect((await bea.post(`${PAGE}/${first}/remove`, { org: 'acme-retail' })).statusCode).toBe(404)
    expect((await events('acme-retail')).slice(before)).toMatchObject([
      { action: 'start_operation', outcome: 'done', request: expect.any(String) },
      { action: 'open_card_page', outcome: 'done', request: expect.any(String) },
      { action: 'add_payment_method', outcome: 'done', object: second.id },
      { action: 'make_payment_method_default', outcome: 'done', object: second.id },
      { action: 'remove_payment_method', outcome: 'done', object: first },
      { action: 'POST /account/payment-methods/:id/remove', code: 'payment_method_not_found' },
    ])
  })

  test('a purchase that waits for a default card continues when a person chooses one', async () => {
    const noa = await shop.visitor('nocard')
    await addCard(noa, 'hooli')
    await addCard(noa, 'hooli')
    const [first, second] = await cardsOf('hooli')
    await noa.post(`${PAGE}/${first?.id}/remove`, { org: 'hooli' })
    expect((await noa.get(PAGE)).body).toContain('None of them is charged by default')
    const { buys } = await shop.assistant({ name: 'nocard', org: 'hooli' })
    const purchase = { packages: ['northwind/module-search'], new_project: { name: 'A shop' } }
    const operation = await buys({ ...purchase, idempotency_key: randomUUID() })
    expect(operation).toMatchObject({ status: 'waiting_for_you', next_action: { reason: 'payment_method' } })

    await noa.post(`${PAGE}/${second?.id}/default`, { org: 'hooli' })

    await vi.waitFor(
      async () => expect((await readOperation(shop.db, operation.operation_id)).status).toBe('completed'),
      { timeout: 10_000, interval: 20 },
    )
  })

  test('a card is removed even when the provider cannot detach it, and the log says so', async () => {
    const [dev, card] = [await shop.visitor('developer'), await firstCardOf('globex')]
    await shop.bank.next({ match: { method: 'POST', path: '/detach' }, answer: '500_before' })
    await dev.get(PAGE)

    const { statusCode } = await dev.post(`${PAGE}/${card}/remove`, { org: 'globex' })

    expect([statusCode, await cardsOf('globex')]).toEqual([303, []])
    expect(shop.logged()).toContain('a removed card is still attached; it is tried again later')
  })

  test('a card that the bank refuses for ever cannot become the default', async () => {
    const [dan, card] = [await shop.visitor('declined'), await firstCardOf('umbrella')]
    const method = shop.db.updateTable('payment_methods').where('id', '=', card as never)
    await method.set({ refused_at: new Date(), default_since: null }).execute()

    const { body } = await dan.get(PAGE)
    const { statusCode } = await dan.post(`${PAGE}/${card}/default`, { org: 'umbrella' })

    expect(body).toContain('refused by the bank, not charged again')
    expect(body).not.toContain('Make default')
    expect([statusCode, (await cardsOf('umbrella'))[0]?.isDefault]).toEqual([422, false])
  })

  test('the page of saved cards escapes the names of orgs and card brands', async () => {
    const evil = `"><script>alert('x')</script>`
    const org = shop.db.updateTable('orgs').where('slug', '=', 'initech')
    await org.set({ name: evil }).execute()
    const card = shop.db.updateTable('payment_methods').where('org_id', '=', shop.market.org('initech'))
    await card.set({ brand: evil }).execute()

    const { body } = await (await shop.visitor('threeds')).get(PAGE)

    expect(body).not.toMatch(/<script|"">/)
    expect(body.match(/&#60;script&#62;/g)?.length).toBeGreaterThanOrEqual(4)
  })

  test('who works in an org whose cards the role does not see reads why, and other orgs have no main button', async () => {
    const developer = await shop.visitor('developer')
    await developer.get(PAGE)
    await developer.post(`${PAGE}/${await firstCardOf('globex')}/remove`, { org: 'globex' })

    const { body } = await developer.get(PAGE)

    expect(body).toContain('No card is saved.')
    expect(body).toContain('Your role in Acme Retail, developer, does not see its cards.')
    expect(body).toMatch(/class="quiet"\s+aria-label="Add a card for Globex"/)
  })
})
