import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { aLicence, aProject } from '../support/a-market.ts'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { buyFields, CART, fillCart } from '../support/a-browser-cart.ts'
import { textOf } from '../support/text-of.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'

const org = 'acme-retail'

describe.skipIf(!timeSkippingServer)('what a person chooses for a cart', { timeout: 60_000 }, () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterEach(() => shop.db.deleteFrom('cart_items').where('order_id', 'is', null).execute())
  afterAll(() => shop?.close())

  const withCart = async (packages: readonly string[]) => fillCart(await shop.visitor('buyer'), packages, org)
  const charged = async () => (await shop.bank.money()).totals
  const operations = async () => (await shop.db.selectFrom('operations').select('id').execute()).length

  test('what is bought is charged to the card that was shown, also when another one is the default by then', async () => {
    const bea = await withCart([SEARCH])
    const fields = buyFields(await bea.get(CART))
    const of = { org: shop.market.org(org), shown: fields['card'] ?? '' }
    const methods = () => shop.db.updateTable('payment_methods').where('org_id', '=', of.org)
    const other = mintId('pmt', new Date(), Math.random)
    await methods().set({ default_since: null }).execute()
    await sql`
      insert into payment_methods (id, org_id, stripe_payment_method_id, brand, last4, exp_month, exp_year, default_since, created_at)
      select ${other}, org_id, 'pm_other', 'mastercard', '4444', 12, 2040, now(), now()
        from payment_methods where id = ${of.shown}`.execute(shop.db)

    await bea.post(`${CART}/checkout`, fields)

    const charge = shop.db.selectFrom('charges').select('payment_method_id').orderBy('id', 'desc').limit(1)
    expect(await charge.executeTakeFirst()).toEqual({ payment_method_id: of.shown })
    // and when the card that was shown is gone, nothing is charged to the new one
    await fillCart(bea, [LABELS], org)
    const late = buyFields(await bea.get(`${CART}?card=${of.shown}`))
    const before = await charged()
    await methods()
      .where('id', '=', of.shown as 'pmt_')
      .set({ removed_at: new Date() })
      .execute()
    const { headers } = await bea.post(`${CART}/checkout`, late)
    expect(headers.location).toContain('refused=op_')
    expect(await charged()).toEqual(before)
    await methods().where('id', '=', other).set({ removed_at: new Date(), default_since: null }).execute()
    const back = methods().where('id', '=', of.shown as 'pmt_')
    await back.set({ removed_at: null, default_since: new Date() }).execute()
  })

  test('choices that were changed without looking at their price buy nothing, and the page shows their price', async () => {
    const bea = await withCart([SEARCH])
    const { id: project } = await aProject(shop.market, { name: 'Chosen late' })
    const fields = buyFields(await bea.get(CART))
    const before = [await charged(), await operations()]

    const { headers } = await bea.post(`${CART}/checkout`, { ...fields, project })

    expect([await charged(), await operations()]).toEqual(before)
    const again = await bea.get(headers.location ?? '')
    expect(textOf(again.body)).toContain('Nothing was bought yet')
    expect(textOf(again.body)).toContain('For the project chosen-late')
    await bea.post(`${CART}/checkout`, buyFields(again))
    expect(await heldBy(shop, project)).toEqual([SEARCH])
    await fillCart(bea, [LABELS], org)
    expect(textOf((await bea.get(headers.location ?? '')).body)).not.toContain('Nothing was bought yet')
    expect(textOf((await bea.get(`${CART}?added=${LABELS}`)).body)).toContain(`${LABELS} is in the cart`)
    expect(textOf((await bea.get(`${CART}?added=${SEARCH}`)).body)).not.toContain('is in the cart')
  })

  test('a cart of what the project has already has no button that buys', async () => {
    const { id: project } = await aProject(shop.market, { name: 'Has it' })
    await aLicence(shop.market, { package: SEARCH, project })
    const bea = await withCart([SEARCH])

    const page = await bea.get(`${CART}?project=${project}`)

    expect(textOf(page.body)).toContain(
      'nothing to buy. Remove the packages, or choose “Renew what the project has” or “Buy even if already covered”.',
    )
    expect(page.body).toContain('<a href="/account/licences">See the licences.</a>')
    expect(textOf(page.body)).not.toContain('Get it')
    expect(buyFields(page)).toEqual({})
    await fillCart(bea, [LABELS], org)
    const mixed = await bea.get(`${CART}?project=${project}`)
    expect(textOf(mixed.body)).toContain('Not bought: the project has it')
    expect(buyFields(mixed)).toMatchObject({ project })
  })

  test('a project with the slug new or none is chosen like any other', async () => {
    const bea = await withCart([SEARCH])
    const [{ id: none }, { id }] = [
      await aProject(shop.market, { name: 'None' }),
      await aProject(shop.market, { name: 'New' }),
    ]
    const page = await bea.get(CART)
    expect(page.body).toContain(`<option value="${none}"`)

    const chosen = await bea.get(`${CART}?project=${id}`)
    expect(textOf(chosen.body)).toContain('For the project new')
    await bea.post(`${CART}/checkout`, buyFields(chosen))
    expect(await heldBy(shop, id)).toEqual([SEARCH])
  })

  test('the address of a price has no form token, and the button that buys has the only one', async () => {
    const bea = await withCart([SEARCH])
    const { body } = await bea.get(CART)

    const [form = ''] = /<form[^>]* id="choices".*?<\/form>/s.exec(body) ?? []
    expect(form).toMatch(/^<form[^>]* method="get"/)
    expect(form).not.toContain('_csrf')
    const fields = { ...buyFields({ ...(await bea.get(CART)) }), _csrf: 'wrong' }
    expect((await bea.post(`${CART}/checkout`, fields)).statusCode).toBe(403)
  })
})
