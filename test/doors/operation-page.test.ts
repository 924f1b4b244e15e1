import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMember } from '#domain/orgs'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { type Answered, titleAndMainOf } from '../support/a-visitor.ts'
import { aWait } from '../support/a-wait.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

describe.skipIf(!timeSkippingServer)('the page of a waiting operation', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterAll(() => shop?.close())

  const threeDs = () => aWait(shop, 'threeds')

  /** Idempotency keys of the requests that pages make at the provider: on-session confirmations and card pages. */
  async function keys(): Promise<string[]> {
    const requests = await shop.bank.requests()
    return requests
      .filter(({ params, path }) => 'return_url' in (params as object) || path.endsWith('/sessions'))
      .map(({ idempotency_key = '' }) => idempotency_key)
  }
  const bankLink = ({ body }: Answered) => /class="button" href="([^"]+)"/.exec(body)?.[1]

  test('the operation page redirects a visitor who is not signed in to the sign-in, and sends no request to the bank', async () => {
    const { path, cancel } = await threeDs()
    const [visitor, before] = [await shop.visitor(), await keys()]

    const opened = await visitor.get(path)
    await visitor.get('/sign-in')
    const posted = await visitor.post(path)

    expect([opened.statusCode, opened.headers.location]).toEqual([
      303,
      `/sign-in?continue=${encodeURIComponent(path)}`,
    ])
    expect([posted.statusCode, posted.headers.location]).toEqual([303, '/sign-in?continue=%2F'])
    expect(await keys()).toEqual(before)
    await cancel()
  })

  test('an operation link that does not exist is answered with 404', async () => {
    const tara = await shop.visitor('threeds')
    for (const link of ['x', 'A'.repeat(43), 'A'.repeat(44), '%00', "'", `${'A'.repeat(42)}%2F`, '..%2F']) {
      const { statusCode, body } = await tara.get(`/o/${link}`)
      expect([link, statusCode]).toEqual([link, 404])
      expect(body).toContain('There is nothing here')
    }
  })

  test('only the person whose assistant asked can open the operation page or use its form', async () => {
    const { path, cancel } = await threeDs()
    const [bea, vera, before] = [await shop.visitor('buyer'), await shop.visitor('vendor'), await keys()]
    // Bea may buy for that org, too
    const [org, customer] = [shop.market.org('initech'), shop.market.person('buyer')]
    await addMember(shop.db, { org, customer, role: 'owner', at: new Date() })

    for (const visitor of [bea, vera]) {
      await visitor.get('/')
      for (const { statusCode, body } of [
        await visitor.get(path),
        await visitor.post(path),
        await visitor.get(`${path}/return`),
        await visitor.get(`${path}?returned=1`),
      ]) {
        expect(statusCode).toBe(403)
        expect(titleAndMainOf(body)).not.toMatch(/northwind|initech|EUR/)
      }
    }
    expect(await keys()).toEqual(before)
    await cancel()
    expect((await bea.get(path)).statusCode).toBe(403)
  })

  test('the operation page is open while the person’s role may buy, and closed when it may not', async () => {
    const { path, cancel } = await threeDs()
    const [tara, before] = [await shop.visitor('threeds'), await keys()]
    const member = shop.db
      .updateTable('org_members')
      .where('org_id', '=', shop.market.org('initech'))
      .where('customer_id', '=', shop.market.person('threeds'))

    await member.set({ role: 'billing' }).execute()
    expect((await tara.get(path)).statusCode).toBe(200)
    for (const role of ['viewer', 'developer'] as const) {
      await member.set({ role }).execute()
      expect([(await tara.get(path)).statusCode, (await tara.post(path)).statusCode]).toEqual([403, 403])
    }
    await member.set({ role: 'owner' }).execute()
    expect(await keys()).toEqual(before)
    await cancel()
  })

  test('the operation page accepts only its own form', async () => {
    const { path, cancel } = await threeDs()
    const [tara, before] = [await shop.visitor('threeds'), await keys()]

    await tara.get(path)
    expect((await tara.post(path, { _csrf: undefined })).statusCode).toBe(403)
    expect((await tara.post(path, { _csrf: 'made-up' })).statusCode).toBe(403)
    expect((await tara.post(path, {}, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
    expect(await keys()).toEqual(before)
    await cancel()
  })

  test('opening the operation page sends no request to the bank, and its button returns a link and no redirect', async () => {
    const { path, cancel } = await threeDs()
    const [tara, before] = [await shop.visitor('threeds'), await keys()]

    const { headers } = await tara.get(path)
    expect(await keys()).toEqual(before)
    const pressed = await tara.post(path)

    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    expect([pressed.statusCode, pressed.headers.location]).toEqual([200, undefined])
    expect(bankLink(pressed)).toMatch(new RegExp(`^${shop.bank.url}/3ds/pi_`))
    expect(await keys()).toHaveLength(before.length + 1)
    await cancel()
  })

  test('pressing the button in six browsers at once starts one confirmation at the bank', async () => {
    const { id, path, cancel } = await threeDs()
    const [before, visitors] = [await keys(), await Promise.all(Array(6).fill('threeds').map(shop.visitor))]
    await Promise.all(visitors.map((each) => each.get(path)))

    const pressed = await Promise.all(visitors.map((each) => each.post(path)))

    expect(new Set(pressed.map(bankLink)).size).toBe(1)
    expect(new Set((await keys()).slice(before.length)).size).toBe(1)
    const attempts = shop.db
      .selectFrom('charge_attempts as a')
      .innerJoin('charges as c', 'c.id', 'a.charge_id')
      .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
      .innerJoin('orders as o', 'o.id', 'l.order_id')
      .select(['a.n', 'a.on_session'])
      .where('o.operation_id', '=', id)
      .orderBy('a.n')
    expect(await attempts.execute()).toEqual([
      { n: 1, on_session: false },
      { n: 2, on_session: true },
    ])
    await cancel()
  })

  test('the operation page does not trust the query of a browser that returns from the bank', async () => {
    const { path, cancel } = await threeDs()
    const [tara, before] = [await shop.visitor('threeds'), (await shop.bank.money()).totals]
    await tara.get(path)
    await tara.post(path)

    const back = await tara.get(`${path}/return?payment_intent=pi_1&redirect_status=succeeded`)
    const { body } = await tara.get(back.headers.location ?? '')

    expect([back.statusCode, back.headers.location]).toEqual([
      303,
      expect.stringMatching(new RegExp(`^${path}\\?returned=\\w+$`)),
    ])
    expect(body).toContain('Your bank has not reported the result yet')
    expect(body).toContain('<meta http-equiv="refresh" content="5"')
    expect((await shop.bank.money()).totals.net).toBe(before.net)
    await cancel()
  })

  test('a failed request to the provider is shown, and the next press is another request, because Stripe keeps a failure under its key', async () => {
    const { path, cancel } = await threeDs()
    const [tara, before] = [await shop.visitor('threeds'), await keys()]
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: '500_before' })
    await tara.get(path)

    const first = await tara.post(path)
    const second = await tara.post(path)

    expect([first.statusCode, second.statusCode]).toEqual([503, 200])
    expect(first.body).toContain('This payment has not been made, and nothing is lost.')
    expect(bankLink(second)).toContain('/3ds/')
    expect(new Set((await keys()).slice(before.length)).size).toBe(2)
    await cancel()
  })

  test('the page of a cancelled operation says so, sends no request to the bank and has no form', async () => {
    const { path, cancel } = await threeDs()
    const tara = await shop.visitor('threeds')
    await tara.get(path)
    await cancel()
    const before = await keys()

    const pressed = await tara.post(path)
    const returned = await tara.get(`${path}/return`)
    const { statusCode, body } = await tara.get(path)

    expect([pressed.headers.location, returned.headers.location]).toEqual([`${path}/return`, path])
    expect(statusCode).toBe(200)
    expect(body).toContain('<h1>Cancelled</h1>')
    expect(body).not.toContain(`action="${path}"`)
    expect(await keys()).toEqual(before)
    expect(await findLedgerMismatches(shop)).toEqual([])
  })

  test('each press opens a new card page, and its session is stored with the person who opened it', async () => {
    const { id, path, cancel } = await aWait(shop, 'nocard')
    const noa = await shop.visitor('nocard')
    await noa.get(path)

    const links = [bankLink(await noa.post(path)), bankLink(await noa.post(path))]

    const sessions = await shop.db
      .selectFrom('card_sessions')
      .select(['id', 'opened_by', 'closed_at'])
      .where('operation_id', '=', id)
      .execute()
    expect(new Set(links)).toEqual(new Set(sessions.map((each) => `${shop.bank.url}/pay/${each.id}`)))
    expect(sessions).toHaveLength(2)
    expect(sessions[0]).toMatchObject({ opened_by: shop.market.person('nocard'), closed_at: null })
    expect(await shop.bank.violations()).toEqual([])
    await cancel()
  })

  test('the operation page escapes names and error messages', async () => {
    const { id, path, cancel } = await threeDs()
    const evil = `<script>alert("it's")</script>`
    await cancel()
    const error = { code: 'x', message: `Not ${evil}.` }
    const operation = shop.db.updateTable('operations').where('id', '=', id)
    await operation.set({ status: 'failed', error: JSON.stringify(error) }).execute()
    const tara = shop.db.updateTable('customers').where('id', '=', shop.market.person('threeds'))
    await tara.set({ display_name: evil }).execute()

    const { body } = await (await shop.visitor('threeds')).get(path)

    expect(body).not.toContain('<script')
    expect(body.match(/&#60;script&#62;alert\(&#34;it&#39;s&#34;\)/g)).toHaveLength(2)
  })

  test('the operation page refuses to confirm a payment when its card was removed meanwhile', async () => {
    const { path, cancel } = await threeDs()
    const tara = await shop.visitor('threeds')
    const cards = shop.db.selectFrom('payment_methods').where('org_id', '=', shop.market.org('initech'))
    const card = await cards.select(['id', 'stripe_payment_method_id as atBank']).executeTakeFirstOrThrow()
    await tara.get(path)
    await shop.bank.payments.detachCard({ card: card.id, id: card.atBank })

    const { statusCode, body } = await tara.post(path)

    expect(statusCode).toBe(422)
    expect(body).toContain('This payment cannot be confirmed any more; nothing was charged for it.')
    await cancel()
  })
})
