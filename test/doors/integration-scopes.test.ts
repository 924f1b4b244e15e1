import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Visitor } from '../support/a-visitor.ts'
import { anIntegrationsPage, HOUR_MS, type IntegrationsPage, PAGE } from '../support/an-integrations-page.ts'

let area: IntegrationsPage
let buyer: Visitor
beforeAll(async () => {
  area = await anIntegrationsPage()
})
beforeEach(async () => {
  await area.beginAgain()
  buyer = await area.visitor()
})
afterAll(() => area.close())

describe('scopes', () => {
  const save = async (page: string, scopes: readonly string[], visitor = buyer) => {
    await visitor.get(page)
    const fields = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]))
    const csrf = /name="_csrf" value="([^"]+)"/.exec((await visitor.get(page)).body)?.[1] ?? ''
    fields.set('_csrf', csrf)
    return area.app.inject({
      method: 'POST',
      url: `${page}/scopes`,
      headers: {
        host: 'market.example',
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
        cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      payload: fields.toString(),
    })
  }

  test('a newly ticked scope works at the next call, and a scope that was unticked is refused', async () => {
    const { id, token, page } = await area.connected(['read', 'projects'])
    expect(await area.call(token, 'get_cart')).toMatchObject({ status: 403 })

    expect((await save(page, ['buy', 'team'])).headers.location).toBe(`${page}?saved=scopes`)

    expect((await area.row(id)).scopes).toEqual(['read', 'buy', 'team'])
    expect(await area.call(token, 'get_cart')).toMatchObject({ status: 200 })
    const refused = await area.call(token, 'setup_project', { name: 'x' })
    expect(refused.status).toBe(403)
    expect(await area.eventsAbout(id)).toMatchObject([
      { action: 'change_scopes', detail: { added: 'buy team', removed: 'projects' } },
    ])
  })

  test('read cannot be unticked, and unknown scopes are ignored', async () => {
    const { id, page } = await area.connected(['read', 'buy'])

    await save(page, ['operator', 'projects'])

    expect((await area.row(id)).scopes).toEqual(['read', 'projects'])
  })

  test('adding a scope needs a sign-in in the last 12 hours, and removing one does not', async () => {
    const { id, page } = await area.connected(['read', 'projects'])
    area.after(12 * HOUR_MS + 60_000)

    const refused = await save(page, ['projects', 'buy'])

    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain('Sign in again')
    expect((await area.row(id)).scopes).toEqual(['read', 'projects'])
    expect((await save(page, [])).statusCode).toBe(303)
    expect((await area.row(id)).scopes).toEqual(['read'])
  })

  test('saving unchanged scopes writes nothing', async () => {
    const { id, page } = await area.connected(['read', 'projects'])

    await save(page, ['projects'])

    expect(await area.eventsAbout(id)).toEqual([])
  })
})

describe('limits', () => {
  const limits = (amount: string, more: object = {}) => ({
    spending_currency_0: 'EUR',
    spending_per_purchase_0: amount,
    spending_per_day_0: amount,
    spending_per_month_0: amount,
    ...more,
  })

  test('new spending limits are saved and shown', async () => {
    const { page } = await area.connected()
    await buyer.get(page)

    expect((await buyer.post(`${page}/limits`, limits('123.45'))).headers.location).toBe(
      `${page}?saved=limits`,
    )

    expect((await buyer.get(PAGE)).body).toContain('0.00 EUR of 123.45 EUR')
  })

  test.for([
    ['a wrong amount', limits('many'), 'Enter an amount'],
    ['an unknown vendor', limits('1', { spending_vendors: 'nobody-here' }), 'There is no vendor nobody-here'],
  ] as const)('%s is reported at its field, and nothing is saved', async ([, fields, text]) => {
    const { id, page } = await area.connected()
    await buyer.get(page)

    const answer = await buyer.post(`${page}/limits`, fields)

    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain(text)
    expect(await area.eventsAbout(id)).toEqual([])
  })

  test('a change of the limits needs a sign-in in the last 12 hours', async () => {
    const { id, page } = await area.connected()
    area.after(13 * HOUR_MS)
    await buyer.get(page)

    expect((await buyer.post(`${page}/limits`, limits('5'))).statusCode).toBe(403)
    expect(await area.eventsAbout(id)).toEqual([])
  })
})
