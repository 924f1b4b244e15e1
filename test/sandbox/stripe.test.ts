import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sdkVersion } from '../../sandbox/stripe/sdk.ts'
import { startStripe, type StripeStandIn } from '../../sandbox/stripe/index.ts'
import { loadSchemas } from '../../sandbox/stripe/schemas.ts'
import { SCHEMA_CACHE } from '../support/a-bank.ts'
import { sdkAt } from './stripe-sdk.ts'
import { ANSWERED, misshapen, outcomeOf, REFUSED } from './stripe-parity.ts'

let standIn: StripeStandIn
let stripe: Stripe

beforeAll(async () => {
  standIn = await startStripe({ schemaCache: SCHEMA_CACHE })
  stripe = sdkAt(standIn)
})
afterAll(() => standIn.stop())

async function aPayment() {
  const customer = await stripe.customers.create({ metadata: { org_id: 'org_1' } })
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  const intent = await stripe.paymentIntents.create({
    amount: 1900,
    currency: 'eur',
    customer: customer.id,
    allowed_payment_method_types: ['card'],
    metadata: { n: '7' },
  })
  return { customer, method, intent }
}

describe('the schemas of the stand-in', () => {
  test('the schemas of the stand-in are those of the installed SDK', async () => {
    const schemas = await loadSchemas(SCHEMA_CACHE)
    expect(schemas.sdkVersion).toBe(sdkVersion())
    expect(schemas.scanned).toBeGreaterThan(600)
    expect(schemas.routes.length).toBeGreaterThan(75)
    expect(Object.keys(schemas.definitions).length).toBeGreaterThan(3_000)
    const paths = schemas.routes.map(({ verb, path }) => `${verb} ${path}`)
    expect(paths).toContain('POST /v1/checkout/sessions')
    expect(paths).toContain('GET /v1/setup_intents/{}')
  })
})

describe('the real SDK', () => {
  test('the real SDK receives the 400 of Stripe for a misspelt, a missing and an invalid parameter', async () => {
    const { customer } = await aPayment()
    const create = (params: object) =>
      stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams)
    const good = { amount: 500, currency: 'eur', customer: customer.id }
    await expect(create({ ...good, ammount: 500 })).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameter_unknown',
      param: 'ammount',
      message: 'Received unknown parameter: ammount',
    })
    await expect(create({ currency: 'eur' })).rejects.toMatchObject({
      code: 'parameter_missing',
      param: 'amount',
    })
    await expect(create({ ...good, capture_method: 'later' })).rejects.toMatchObject({
      statusCode: 400,
      param: 'capture_method',
    })
    await expect(
      create({ ...good, payment_method_options: { card: { stored_credential: 'x' } } }),
    ).rejects.toMatchObject({
      code: 'parameter_unknown',
      param: 'payment_method_options[card][stored_credential]',
    })
  })

  test('the real SDK receives a 400 for payment_method_types, which Stripe no longer supports', async () => {
    const old = stripe.paymentIntents.create({
      amount: 500,
      currency: 'eur',
      payment_method_types: ['card'],
    } as Stripe.PaymentIntentCreateParams)
    await expect(old).rejects.toMatchObject({ code: 'payment_method_types_no_longer_supported' })
  })

  test('the real SDK can pay, read, list, expand and refund', async () => {
    const { customer, method, intent } = await aPayment()
    const paid = await stripe.paymentIntents.confirm(intent.id, {
      payment_method: method.id,
      off_session: true,
      expand: ['latest_charge.balance_transaction'],
    })
    expect(paid).toMatchObject({
      status: 'succeeded',
      latest_charge: { amount: 1900, balance_transaction: { fee: 54 } },
    })
    const { data } = await stripe.charges.list({ customer: customer.id })
    expect(data).toMatchObject([{ metadata: { n: '7' }, status: 'succeeded' }])
    await stripe.refunds.create({ payment_intent: intent.id, amount: 900 })
    await expect(stripe.refunds.create({ payment_intent: intent.id, amount: 1900 })).rejects.toMatchObject({
      code: 'amount_too_large',
    })
    const { data: refunds } = await stripe.refunds.list({ payment_intent: intent.id })
    expect(refunds.map(({ amount }) => amount)).toEqual([900])
  })

  test('the real SDK reads a list page by page', async () => {
    const customer = await stripe.customers.create({})
    for (const amount of [100, 200, 300])
      await stripe.paymentIntents.create({ amount, currency: 'eur', customer: customer.id })
    const amounts: number[] = []
    for await (const { amount } of stripe.paymentIntents.list({ customer: customer.id, limit: 1 }))
      amounts.push(amount)
    expect(amounts).toEqual([300, 200, 100])
  })

  test('the real SDK is refused with a live key, and for a route that the stand-in does not have', async () => {
    await expect(sdkAt(standIn, 'sk_live_x').customers.list()).rejects.toMatchObject({ statusCode: 401 })
    await expect(stripe.products.list()).rejects.toMatchObject({ statusCode: 404 })
  })
})

describe('the calls that we make', () => {
  test.for(ANSWERED)('the stand-in answers the call for $name', async (each) => {
    expect(await outcomeOf(stripe, each)).toHaveProperty('object')
  })

  test.for(REFUSED)('the stand-in refuses $name with the status of Stripe', async (each) => {
    expect(await outcomeOf(stripe, each)).toBe(each.refused)
  })

  test('a field of another type, and one that the other does not have, are told apart', () => {
    const theirs = { id: 'x', list: [{ n: 1 }], none: null, metadata: { a: 'b' }, more: 1 }
    expect(misshapen({ id: 'y', list: [{ n: 2 }], none: 5, metadata: { c: 'd' } }, theirs)).toEqual([])
    expect(misshapen({ id: 1, list: [{ n: '2', m: 3 }], own: true }, theirs)).toEqual([
      'id: number, not string',
      'list[].n: string, not number',
      'list[].m: unknown there',
      'own: unknown there',
    ])
  })
})

describe('an idempotency key', () => {
  const options = (idempotencyKey: string) => ({ idempotencyKey })

  test('an idempotency key replays its first response, even a refusal', async () => {
    const first = await stripe.customers.create({ description: 'a' }, options('k1'))
    const second = await stripe.customers.create({ description: 'a' }, options('k1'))
    expect(second.id).toBe(first.id)
    const { customer, intent } = await aPayment()
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id })
    const confirm = () =>
      stripe.paymentIntents.confirm(intent.id, { payment_method: bad.id, off_session: true }, options('k2'))
    await expect(confirm()).rejects.toMatchObject({ statusCode: 402 })
    await expect(confirm()).rejects.toMatchObject({ statusCode: 402 })
    const { data } = await stripe.charges.list({ payment_intent: intent.id })
    expect(data).toHaveLength(1)
  })

  test('an idempotency key refuses other parameters, and is free again after an invalid parameter', async () => {
    await stripe.customers.create({ description: 'a' }, options('k3'))
    const other = stripe.customers.create({ description: 'b' }, options('k3'))
    await expect(other).rejects.toMatchObject({ statusCode: 400, type: 'StripeIdempotencyError' })
    const misspelt = stripe.customers.create({ descripton: 'a' } as object, options('k4'))
    await expect(misspelt).rejects.toMatchObject({ code: 'parameter_unknown' })
    await expect(stripe.customers.create({ description: 'a' }, options('k4'))).resolves.toHaveProperty('id')
  })

  test('an idempotency key is in use while its first request runs', async () => {
    const body = JSON.stringify({ answer: 'slow', ms: 200 })
    await fetch(`${standIn.url}/_sim/next`, { method: 'POST', body })
    const slow = stripe.customers.create({}, options('k5'))
    const again = async () => {
      for (;;) {
        const result = await stripe.customers
          .create({}, options('k5'))
          .catch((e: Stripe.errors.StripeError) => e)
        if (result instanceof Error) return result
      }
    }
    expect(await Promise.race([again(), slow.then(() => 'ended')])).toMatchObject({
      code: 'idempotency_key_in_use',
    })
    await slow
  })
})

test('the stand-in keeps cards and keys over a restart, and ignores an incomplete last line', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'stripe-'))
  try {
    const first = await startStripe({ schemaCache: SCHEMA_CACHE, dir })
    const customer = await sdkAt(first).customers.create({}, { idempotencyKey: 'once' })
    const card = await sdkAt(first).paymentMethods.attach('pm_card_visa', { customer: customer.id })
    await first.stop()
    fs.appendFileSync(path.join(dir, 'journal.jsonl'), '{"kind":"customers","item":{"id":"cus_to')
    const second = await startStripe({ schemaCache: SCHEMA_CACHE, dir })
    const sdk = sdkAt(second)
    expect((await sdk.customers.create({}, { idempotencyKey: 'once' })).id).toBe(customer.id)
    const intent = await sdk.paymentIntents.create({ amount: 100, currency: 'eur', customer: customer.id })
    const paid = await sdk.paymentIntents.confirm(intent.id, { payment_method: card.id, off_session: true })
    expect(paid.status).toBe('succeeded')
    await second.stop()
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
})

test('the page of the stand-in shows the payments', async () => {
  const page = await (await fetch(standIn.url)).text()
  expect(page).toContain('19.00 EUR')
  expect(page).not.toContain('<script')
})
