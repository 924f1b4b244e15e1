import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { setPrice } from '#domain/catalogue'
import { aProject } from '../support/a-market.ts'
import { anEndedOperation } from '../support/an-ended-operation.ts'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { buyFields, CART, fillCart } from '../support/a-browser-cart.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { textOf } from '../support/text-of.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'

const THEME = 'northwind/theme-plain'
const org = 'acme-retail'

describe.skipIf(!timeSkippingServer)('the cart of an org in the browser', { timeout: 60_000 }, () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterEach(async () => {
    shop.breaks()
    await shop.db.deleteFrom('cart_items').where('order_id', 'is', null).execute()
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  const withCart = async (packages: readonly string[], { name = 'buyer', of = org } = {}) =>
    fillCart(await shop.visitor(name), packages, of)
  const charged = async () => (await shop.bank.money()).totals
  const operations = async () => (await shop.db.selectFrom('operations').select('id').execute()).length
  const actionsOf = async () => {
    const rows = shop.db
      .selectFrom('audit_events')
      .select('body')
      .where('body', 'like', '%_cart%')
      .orderBy('seq')
    return (await rows.execute()).map(({ body }) => (JSON.parse(body) as { action: string }).action)
  }
  const leftInCart = async () => {
    const rows = shop.db.selectFrom('cart_items as i').innerJoin('packages as p', 'p.id', 'i.package_id')
    return (await rows.select('p.name').orderBy('p.name').execute()).map(({ name }) => name)
  }

  test('a person puts packages of two vendors into the cart, sees their price, and takes one out again', async () => {
    const bea = await withCart([SEARCH, LABELS])

    const page = await bea.get(`${CART}?added=${LABELS}`)
    expect(page.statusCode).toBe(200)
    const text = textOf(page.body)
    expect(text).toContain(`${LABELS} is in the cart.`)
    expect(text).toContain('Total 68.00 EUR')
    expect(text).toContain('2 payments, one for each vendor: fabrikam, northwind.')
    expect(text).toContain('Buy for 68.00 EUR')
    expect(text).toContain('Cart 2')
    const removed = await bea.post(`${CART}/remove`, { org, package: LABELS })
    expect([removed.statusCode, removed.headers.location]).toEqual([303, CART])
    expect(await leftInCart()).toEqual([SEARCH])
    expect(await actionsOf()).toEqual(['add_to_cart', 'add_to_cart', 'remove_from_cart'])
  })

  test('a person buys the cart for a new project, however often the form is sent, and gets licences, keys and commands', async () => {
    const bea = await withCart([SEARCH, LABELS])
    const before = [await charged(), await operations()] as const
    const page = await bea.get(`${CART}?project=new&new_name=Bought+here&new_edition=open-source`)
    expect(textOf(page.body)).toContain('For the new project bought-here (Magento Open Source).')
    const fields = buyFields(page)
    expect(fields).toMatchObject({ org, project: 'new', new_name: 'Bought here' })

    const both = await Promise.all([
      bea.post(`${CART}/checkout`, fields),
      bea.post(`${CART}/checkout`, fields),
    ])
    const late = await bea.post(`${CART}/checkout`, fields)

    const places = [...both, late].map(({ headers }) => headers.location)
    expect(new Set(places).size).toBe(1)
    const [path = ''] = places
    expect(path).toMatch(/^\/o\/[\w-]{43}$/)
    expect((await charged()).succeeded_charges - before[0].succeeded_charges).toBe(2)
    expect((await charged()).net - before[0].net).toBe(6800)
    expect((await operations()) - before[1]).toBe(1)
    expect(await leftInCart()).toEqual([])
    const done = textOf((await bea.get(path)).body)
    expect(done).toContain('The purchase is complete.')
    expect(done).toContain(`composer require ${LABELS} ${SEARCH}`)
    expect(done).toContain('ready to install')
    expect(done).not.toContain('assistant: it knows')
    const keys = await bea.post(`${path}/keys`)
    expect(textOf(keys.body)).toContain('This page shows them for 15 minutes.')
    expect(keys.body).toMatch(/http-basic.*password/s)
    const events = shop.db.selectFrom('audit_events').select('body').where('body', 'like', '%show_auth_json%')
    expect(await events.execute()).toHaveLength(1)
    expect((await actionsOf()).filter((action) => action === 'checkout_cart')).toHaveLength(1)
  })

  test('the keys of a purchase are shown only to the person who bought', async () => {
    const bea = await withCart([SEARCH])
    const { id: project } = await aProject(shop.market)
    const fields = buyFields(await bea.get(`${CART}?project=${project}`))
    const { headers } = await bea.post(`${CART}/checkout`, fields)
    const bill = await shop.visitor('billing')
    await bill.get('/account')

    const answer = await bill.post(`${headers.location}/keys`)

    expect(answer.statusCode).toBe(403)
    expect(answer.body).not.toContain('http-basic')
    await shop.db.deleteFrom('one_time_secrets').execute()
    await bea.get(headers.location ?? '')
    const gone = await bea.post(`${headers.location}/keys`)
    expect(gone.headers.location).toBe(`${headers.location}?keys=gone`)
    expect(textOf((await bea.get(gone.headers.location ?? '')).body)).toContain(
      'The keys cannot be shown any more',
    )
  })

  test('a price that changed meanwhile buys nothing, is shown anew, and is asked again', async () => {
    const bea = await withCart([THEME])
    const fields = buyFields(await bea.get(CART))
    const price = { edition: 'open-source', model: 'one_time', currency: 'EUR', at: new Date() } as const
    const packageId = shop.market.package(THEME)
    const before = await charged()
    await setPrice(shop.db, { packageId, ...price, amountMinor: 7700 })

    const { headers } = await bea.post(`${CART}/checkout`, fields)

    expect(headers.location).toMatch(/^\/account\/cart\?.*refused=op_/)
    expect(await charged()).toEqual(before)
    const refused = /refused=(op_\w+)/.exec(headers.location ?? '')?.[1] ?? ''
    await anEndedOperation(shop.db, { story: 'sync_package', as: refused })
    const again = await bea.get(headers.location ?? '')
    expect(textOf(again.body)).toContain('Nothing was bought')
    expect(textOf(again.body)).toContain('Buy for 77.00 EUR')
    const bought = await bea.post(`${CART}/checkout`, buyFields(again))
    expect(bought.headers.location).toMatch(/^\/o\//)
    expect((await charged()).net - before.net).toBe(7700)
    await fillCart(bea, [THEME], org)
    const back = textOf((await bea.get(headers.location ?? '')).body)
    expect(back).toContain('To pay')
    expect(back).not.toContain('Nothing was bought')
  })

  test('a second tab with an older price of the same cart buys nothing a second time', async () => {
    const bea = await withCart([SEARCH])
    const [first, second] = [buyFields(await bea.get(CART)), buyFields(await bea.get(CART))]
    const before = await charged()

    await bea.post(`${CART}/checkout`, first)
    const { headers } = await bea.post(`${CART}/checkout`, second)

    expect((await charged()).succeeded_charges - before.succeeded_charges).toBe(1)
    expect(headers.location).toContain('refused=op_')
    const page = textOf((await bea.get(headers.location ?? '')).body)
    expect(page).toContain('There is nothing in the cart. Choose a package first.')
  })

  test('when the charge of one vendor is refused, its packages stay in the cart and the page says what to do', async () => {
    // an org that has no free slot of these packages
    const dev = await withCart([SEARCH, LABELS], { name: 'developer', of: 'globex' })
    const { id: project } = await aProject(shop.market, { org: 'globex' })
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (input.position === 2)
          await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
        return steps.chargeLine(input)
      },
    }))
    const fields = buyFields(await dev.get(`${CART}?project=${project}`))

    const { headers } = await dev.post(`${CART}/checkout`, fields)

    const text = textOf((await dev.get(headers.location ?? '')).body)
    expect(text).toContain('A part of the purchase is complete')
    expect(text).toMatch(/Not bought northwind\/module-search|Not bought fabrikam\/module-labels/)
    expect(text).toContain('Choose or add another card, then buy it again.')
    expect(text).toContain('It is still in the cart')
    expect(await leftInCart()).toHaveLength(1)
    expect(await heldBy(shop, project)).toHaveLength(1)
  })

  test('a package for another edition than the project is bought only when the person accepts it', async () => {
    const bea = await withCart([SEARCH])
    const { id: project } = await aProject(shop.market, { edition: 'commerce' })
    const page = await bea.get(`${CART}?project=${project}`)
    expect(textOf(page.body)).toContain('It is for Magento Open Source, and the project is Adobe Commerce.')

    const refused = await bea.post(`${CART}/checkout`, buyFields(page))
    const again = await bea.get(refused.headers.location ?? '')
    expect(textOf(again.body)).toContain('Choose a project of that edition, or accept the other edition.')
    const bought = await bea.post(`${CART}/checkout`, { ...buyFields(again), accept: 'yes' })

    expect(bought.headers.location).toMatch(/^\/o\//)
    expect(await heldBy(shop, project)).toEqual([SEARCH])
  })

  test('without a card the cart says how to add one, and a purchase waits for it', async () => {
    const noa = await withCart([SEARCH], { name: 'nocard', of: 'hooli' })
    const page = await noa.get(CART)
    expect(textOf(page.body)).toContain('No card is saved')

    const added = await noa.post('/account/payment-methods', { org: 'hooli' })
    const card = added.headers.location ?? ''
    expect(card).toMatch(/^\/o\//)
    await noa.get(card)
    const link = /class="button" href="([^"]+)"/.exec((await noa.post(card)).body)?.[1] ?? ''
    const back = new URL((await shop.bank.typeCard(link, '4242424242424242')) ?? '')
    await noa.get(`${back.pathname}${back.search}`)

    expect((await noa.get(card)).body).toContain('<a href="/account/cart">Go back to the cart.</a>')
    // the page said that nothing is charged yet, and by now there is a card
    const early = await noa.post(`${CART}/checkout`, buyFields(page))
    expect(early.headers.location).toMatch(/changed=\d+/)
    expect(textOf((await noa.get(early.headers.location ?? '')).body)).toContain('Charged to Visa ···· 4242.')
    await shop.db
      .updateTable('payment_methods')
      .set({ default_since: null, removed_at: new Date() })
      .where('org_id', '=', shop.market.org('hooli'))
      .execute()
    const { headers } = await noa.post(`${CART}/checkout`, buyFields(page))
    const waiting = await noa.get(headers.location ?? '')
    expect(textOf(waiting.body)).toContain('Add a card for Hooli')
    expect(textOf(waiting.body)).toContain('Cancel this purchase')
    const [, id = ''] = /operations\/(op_\w+)\/stop/.exec(waiting.body) ?? []
    const stopped = await noa.post(`/account/operations/${id}/stop`, { continue: headers.location })
    expect(stopped.headers.location).toBe(headers.location)
    await vi.waitFor(
      async () => expect(textOf((await noa.get(headers.location ?? '')).body)).toContain('Cancelled'),
      {
        timeout: 20_000,
        interval: 50,
      },
    )
  })

  test.for([{ card: 'pmt_unknown' }, { project: 'no-such-project' }])(
    'a form with %j buys nothing, and leads back to the cart',
    async (wrong) => {
      const bea = await withCart([SEARCH])
      const before = await charged()

      const { headers } = await bea.post(`${CART}/checkout`, { ...buyFields(await bea.get(CART)), ...wrong })

      expect(headers.location).toMatch(/changed=\d+/)
      const page = textOf((await bea.get(headers.location ?? '')).body)
      expect(page).toContain('There is no price for this')
      expect(await charged()).toEqual(before)
      expect(await leftInCart()).toEqual([SEARCH])
    },
  )
})
