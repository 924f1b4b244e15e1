import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inTransaction } from '#platform/transactions'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aPaidOrder } from '../support/a-paid-order.ts'
import type { Visitor } from '../support/a-visitor.ts'
import { textOf } from '../support/text-of.ts'

const PACKAGES = ['northwind/module-search', 'northwind/module-hello', 'fabrikam/module-labels'] as const

let doors: MarketApp
let bought: Awaited<ReturnType<typeof aPaidOrder>>
let buyer: Visitor
beforeAll(async () => {
  doors = await aMarketApp()
  bought = await aPaidOrder(doors.market, { packages: PACKAGES })
  await bought.close()
  buyer = await doors.signedIn('buyer')
})
afterAll(() => doors.close())

const order = () => `/account/orders/${bought.order}`

describe('the filter of the orders', () => {
  test('the filters choose orders by status and day, and a wrong day is said', async () => {
    const open = await buyer.get('/account/orders?status=open&since=&until=')
    const before = await buyer.get('/account/orders?until=2020-01-01')
    const wrong = await buyer.get('/account/orders?since=soon')

    for (const { body } of [open, before]) {
      expect(textOf(body)).toContain('No order fits.')
      expect(body).not.toContain(order())
    }
    expect(wrong.statusCode).toBe(400)
    expect(textOf(wrong.body)).toContain('“From (UTC)” has to be a date')
    expect(textOf(wrong.body)).toContain('Correct the filter, or show all orders')
  })

  test.for([
    ['min=68&currency=EUR', true],
    ['min=68', true],
    ['max=67.99', false],
    ['min=67 EUR&status=completed', true],
    ['min=68.00&max=68.00&currency=EUR', true],
    ['min=68.00 EUR&currency=EUR', true],
    ['min=1,149.00&currency=EUR', false],
    ['max=1,149.00 EUR&currency=EUR', true],
    ['min=68.01&currency=EUR', false],
    ['max=67.99&currency=EUR', false],
    ['currency=USD', false],
    ['min=1,500.000 KWD&currency=KWD', false],
  ] as const)('the filter %s finds an order of 68.00 EUR: %s', async ([filter, finds]) => {
    const { body } = await buyer.get(`/account/orders?${filter}`)
    const csv = await buyer.get(`/account/orders.csv?${filter}`)

    expect([body.includes(order()), csv.body.includes(order().split('/').at(-1) ?? '-')]).toEqual([
      finds,
      finds,
    ])
  })

  test.for([
    ['min=much', 'min', '“Amount from” has to be a number in EUR'],
    ['min=68 USD', 'min', '“Amount from” has to be a number in EUR'],
    ['min=-1&currency=EUR', 'min', '“Amount from” has to be a number in EUR, such as 1500.00.'],
    ['max=1.234&currency=EUR', 'max', '“Amount up to” has to be a number in EUR'],
    ['min=much&currency=EUR', 'min', '“Amount from” has to be a number in EUR'],
    ['max=68,00&currency=EUR', 'max', '“Amount up to” has to be a number in EUR'],
    ['min=1,500&currency=KWD', 'min', '“Amount from” has to be a number in KWD, such as 150.000.'],
    ['max=1,500 KWD&currency=KWD', 'max', '“Amount up to” has to be a number in KWD'],
    ['max=68.00 USD&currency=EUR', 'max', '“Amount up to” has to be a number in EUR'],
  ] as const)(
    'the filter %s says at the field %s what is wrong, and keeps the text',
    async ([filter, name, says]) => {
      const { statusCode, body } = await buyer.get(`/account/orders?${filter}`)

      expect(statusCode).toBe(400)
      const control = new RegExp(`<input\\s+id="${name}"[^>]*>`).exec(body)?.[0]
      expect(control).toMatch(/aria-invalid="true"/)
      expect(body).toContain(`id="${name}-error"`)
      expect(textOf(body)).toContain(says)
      const typed = new URLSearchParams(filter)
      expect(control).toContain(`value="${typed.get(name)}"`)
      expect(body).toContain(`<option value="${typed.get('currency') ?? ''}" selected>`)
    },
  )

  test('an amount without a currency is asked for its currency while the org has no order, or orders in several', async () => {
    const asks = async (who = buyer) =>
      textOf((await who.get('/account/orders?min=68')).body).includes('Choose a currency for “Amount from”.')
    const one = await asks()
    const { order: id } = await aPaidOrder(doors.market)
    // its lines keep their currency, so their foreign key is not checked
    const inCurrency = (currency: string) =>
      inTransaction(doors.db, async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx)
        await tx.updateTable('orders').set({ currency }).where('id', '=', id).execute()
      })
    await inCurrency('USD')
    const several = await asks()
    await inCurrency('EUR')
    const none = await asks(await doors.signedIn('threeds'))

    expect({ one, several, none }).toEqual({ one: false, several: true, none: true })
  })

  test('a chosen currency of an amount is shown in the form', async () => {
    expect((await buyer.get('/account/orders?min=68')).body).toContain('<option value="EUR" selected>')
  })

  test('every wrong field is said at once, and a moment in the address stays a date in the form', async () => {
    const { statusCode, body } = await buyer.get(
      '/account/orders?status=x&min=much&max=1.234&since=2026-11-29T10:00:00Z&until=soon',
    )

    expect(statusCode).toBe(400)
    for (const name of ['status', 'min', 'max', 'until']) expect(body).toContain(`id="${name}-error"`)
    expect(body).toMatch(/<input\s+id="since"[^>]*value="2026-11-29"/)
    expect(body).toMatch(/<input\s+id="until"[^>]*value="soon"/)
  })

  test('a currency that is none is said at its field', async () => {
    const { statusCode, body } = await buyer.get('/account/orders?currency=euro')

    expect(statusCode).toBe(400)
    expect(body).toMatch(/<select id="currency"[^>]*aria-invalid="true"/)
    expect(textOf(body)).toContain('Choose a currency from the list.')
  })
})
