import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBillingDetails } from '#domain/billing'
import { findInvoice } from '#domain/invoices'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aPaidOrder } from '../support/a-paid-order.ts'
import type { Visitor } from '../support/a-visitor.ts'
import { textOf } from '../support/text-of.ts'

let doors: MarketApp
let bought: Awaited<ReturnType<typeof aPaidOrder>>
let buyer: Visitor
let invoice: Awaited<ReturnType<typeof findInvoice>>
beforeAll(async () => {
  doors = await aMarketApp()
  bought = await aPaidOrder(doors.market, { packages: ['northwind/module-search'], at: new Date() })
  await bought.close()
  invoice = await findInvoice(doors.db, { org: bought.org, ref: bought.order, at: new Date() })
  buyer = await doors.signedIn()
})
afterAll(() => doors.close())

const pdf = () => `/account/invoices/${invoice.id}.pdf`
const DETAILS = {
  org: 'acme-retail',
  legalName: 'Acme Retail S.A.',
  address: '1 rue X\r\n\r\n 75001  Paris ',
  country: 'FR',
  vatId: 'fr 12.345 678 901',
  email: 'invoices@acme.example',
}

describe('billing details', () => {
  test('a member who may change them does, and an invoice that was issued stays as it was', async () => {
    const before = (await buyer.get(pdf())).rawPayload
    await buyer.get('/account/billing')

    const saved = await buyer.post('/account/billing', DETAILS)

    expect([saved.statusCode, saved.headers['location']]).toEqual([303, '/account/billing?saved=1'])
    expect(await findBillingDetails(doors.db, bought.org)).toEqual({
      legalName: 'Acme Retail S.A.',
      address: ['1 rue X', '75001 Paris'],
      country: 'FR',
      vatId: 'FR12345678901',
      email: 'invoices@acme.example',
    })
    expect((await buyer.get(pdf())).rawPayload.equals(before)).toBe(true)
    expect(textOf((await buyer.get('/account/billing')).body)).toContain('75001 Paris')
  })

  test.for([
    [{ vatId: 'DE12345678' }, 'This is no VAT id of France. It begins with FR'],
    [{ country: 'GR', vatId: 'GR123456789' }, 'It begins with EL'],
    [{ country: 'ZZ' }, 'Choose a country'],
    [{ legalName: ' \u202e ' }, 'Type the legal name'],
    [{ address: '1\n2\n3\n4\n5\n6' }, 'Type at most 5 lines'],
    [{ email: 'nobody' }, 'Type an address'],
  ] as const)('details with a mistake %j are shown again and not saved', async ([wrong, sentence]) => {
    const stored = await findBillingDetails(doors.db, bought.org)
    await buyer.get('/account/billing')

    const { statusCode, body } = await buyer.post('/account/billing', { ...DETAILS, ...wrong })

    expect(statusCode).toBe(422)
    expect(textOf(body)).toContain(sentence)
    expect(await findBillingDetails(doors.db, bought.org)).toEqual(stored)
  })

  test('an org without orders is asked for them, and saving them leads back to a page of ours only', async () => {
    const vendor = await doors.signedIn('vendor')
    expect(textOf((await vendor.get('/account/orders')).body)).toContain('To whom is the invoice made out?')
    const page = await vendor.get('/account/billing?org=northwind&continue=/account/cart?card=x')
    expect(page.body).toContain('name="continue" value="/account/cart?card=x"')
    const details = { ...DETAILS, org: 'northwind' }

    const saved = await vendor.post('/account/billing', { ...details, continue: '/account/cart?card=x' })
    const outside = await vendor.post('/account/billing', { ...details, continue: 'https://evil.example/' })

    expect([saved, outside].map(({ headers }) => headers.location)).toEqual(['/account/cart?card=x', '/'])
    expect(textOf((await vendor.get('/account/orders')).body)).not.toContain('To whom is the invoice')
  })

  test('a developer sees no link to them on the page of the orders', async () => {
    const { body } = await (await doors.signedIn('developer')).get('/account/orders')

    expect(body).not.toContain('/account/billing')
  })

  test('a developer may not change them, and a stranger finds no org', async () => {
    const [developer, stranger] = [await doors.signedIn('developer'), await doors.signedIn('newvendor')]
    for (const visitor of [developer, stranger]) await visitor.get('/account/billing')

    expect((await developer.post('/account/billing', DETAILS)).statusCode).toBe(403)
    expect((await stranger.post('/account/billing', DETAILS)).statusCode).toBe(404)
    expect(textOf((await developer.get('/account/billing')).body)).toContain('Nothing to change here')
  })
})
