import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPaymentMethod, listPaymentMethods } from '#domain/billing'
import { quotePackages } from '#domain/cart'
import { cancelOrder, dealOf, deliverPurchase, orderOf, settleLine } from '#domain/orders'
import { mintId, type OperationId } from '#kernel/ids'
import { makeCardDefault } from '../../../src/domain/billing/change-cards.ts'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'
import { intentsIn } from '../../support/intents.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const THEME = 'northwind/theme-plain'
const HELLO = 'northwind/module-hello'
const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const { opens, dryRun } = intentsIn(() => ({ db: database.db, market }), at)

describe('a role that assigns no licences names a project', () => {
  const delivered = async (operationId: OperationId) => {
    const { db } = database
    const ids = { newProjectId: mintId('prj', at, Math.random), tokenId: mintId('ptk', at, Math.random) }
    const seal = () => ({ keyId: 'a-key', sealed: Buffer.alloc(1) })
    const more = { refused: [], publicUrl: 'https://market.example', seal, seller: A_SELLER }
    for (const { id: line } of (await orderOf(db, operationId))?.lines ?? [])
      await settleLine(db, { line, at })
    await deliverPurchase(db, { operationId, ...ids, ...more, at })
  }

  test('of two purchases for one project, also at once, one is refused, and a member who assigns is refused too', async () => {
    const { id: project, slug } = await aProject(market, { name: 'Billed' })
    const asked = { packages: [SEARCH], project }

    const ends = await Promise.allSettled([
      opens(asked, 'billing'),
      opens({ ...asked, project: slug }, 'billing'),
    ])

    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const refused = { code: 'already_being_bought', params: { operation: valueOf(ends) } }
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: refused })
    await expect(dryRun(asked, 'billing')).rejects.toMatchObject(refused)
    await expect(dryRun(asked)).rejects.toMatchObject(refused)
    expect(await dryRun({ ...asked, project: (await aProject(market)).id })).toMatchObject({
      lines: [{ action: 'buy' }],
    })
    await cancelOrder(database.db, { operationId: valueOf(ends), at })
  })

  test('a purchase of an assigning member for the same project is refused while it runs, and for another project it is not', async () => {
    const { id: project } = await aProject(market)
    const operation = await opens({ packages: [STOCK], project })

    await expect(dryRun({ packages: [STOCK], project }, 'billing')).rejects.toMatchObject({
      code: 'package_being_installed',
      params: { operation },
    })
    const other = { packages: [STOCK], project: (await aProject(market)).id }
    expect(await dryRun(other, 'billing')).toMatchObject({ lines: [{ action: 'buy' }] })
    await cancelOrder(database.db, { operationId: operation, at })
  })

  test('what the project has is not bought again, and nothing is promised to the project', async () => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: STOCK, project })

    const { lines, total, for_project } = await dryRun({ packages: [STOCK], project }, 'billing')

    expect(lines).toMatchObject([{ action: 'already_installed' }])
    expect([total.amount_minor, for_project]).toEqual([0, undefined])
  })

  test.for(['billing', 'buyer'] as const)(
    'the page of a purchase by %s names the project only when it gets it',
    async (name) => {
      const { id: project } = await aProject(market, { name: `Shown to ${name}` })
      const operation = await opens({ packages: [HELLO], project }, name)
      const shown = async () => (await dealOf(database.db, operation))?.project
      const expected = name === 'buyer' ? 'Shown to buyer' : undefined

      const before = await shown()
      await delivered(operation)

      expect([before, await shown()]).toEqual([expected, expected])
    },
  )
})

const valueOf = (ends: readonly PromiseSettledResult<OperationId>[]): OperationId =>
  ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))[0] ?? 'op_'

describe('a quote', () => {
  const another = async () => {
    const { db } = database
    const [first] = await listPaymentMethods(db, market.org('acme-retail'))
    const card = { org: market.org('acme-retail'), id: mintId('pmt', at, Math.random), isDefault: false, at }
    const name = { brand: 'visa', last4: '4444', expMonth: 1, expYear: 2040, stripePaymentMethodId: card.id }
    await addPaymentMethod(db, { ...card, ...name })
    return { first: first?.id ?? 'pmt_', second: card.id }
  }

  test('a quote buys only for its project and on its card, whatever became the default card meanwhile', async () => {
    const { id: project } = await aProject(market)
    const { id: other } = await aProject(market)
    const { first, second } = await another()
    const { quote } = await dryRun({ packages: [THEME], project })
    const change = { org: market.org('acme-retail'), by: market.caller('buyer'), at }

    await expect(opens({ packages: [THEME], project: other, quote })).rejects.toMatchObject({
      code: 'price_changed',
    })
    const onSecond = { packages: [THEME], project, quote, payment_method: second }
    await expect(opens(onSecond)).rejects.toMatchObject({ code: 'price_changed' })
    await makeCardDefault(database.db, { ...change, id: second })
    await expect(opens({ packages: [THEME], project, quote })).rejects.toMatchObject({
      code: 'price_changed',
    })
    expect(await opens({ packages: [THEME], project, quote, payment_method: first })).toMatch(/^op_/)
    await makeCardDefault(database.db, { ...change, id: first })
  })

  test('it buys on a card that was added after it, and for no money whatever card the org has', async () => {
    const [{ id: project }, { first, second }] = [await aProject(market), await another()]
    const methods = database.db.updateTable('payment_methods').where('org_id', '=', market.org('acme-retail'))
    await methods.set({ default_since: null }).execute()
    const { quote, card } = await dryRun({ packages: [THEME], project })
    const free = await dryRun({ packages: [HELLO], project })
    const change = { org: market.org('acme-retail'), by: market.caller('buyer'), at }
    await makeCardDefault(database.db, { ...change, id: first })

    expect([card, free.card]).toEqual(['none', undefined])
    expect(await opens({ packages: [THEME], project, quote })).toMatch(/^op_/)
    const onSecond = { packages: [HELLO], project, quote: free.quote, payment_method: second }
    expect(await opens(onSecond)).toMatch(/^op_/)
  })

  test('one for a member who may not buy shows no card, and who may buy chooses it', async () => {
    const [{ id: project }, { second }] = [await aProject(market), await another()]
    const packages = [THEME]
    const org = await market.access('developer', 'acme-retail')
    const key = { quoteKey: Buffer.alloc(32), at }
    const { quote, card } = await quotePackages(database.db, { org, input: { packages, project }, ...key })

    expect(card).toBeUndefined()
    expect(await opens({ packages, project, quote, payment_method: second })).toMatch(/^op_/)
  })

  test('it is refused for another new project, and when another role gets the licences', async () => {
    const wanted = (name: string) => ({
      packages: [THEME],
      new_project: { name, edition: 'open-source' as const },
    })
    const { quote } = await dryRun(wanted('One shop'))
    const ofBilling = await dryRun(wanted('One shop'), 'billing')

    for (const asked of [
      { ...wanted('Another shop'), quote },
      { ...wanted('One shop'), quote: ofBilling.quote },
    ])
      await expect(opens(asked)).rejects.toMatchObject({ code: 'price_changed' })
    expect(await opens({ ...wanted('One shop'), quote })).toMatch(/^op_/)
  })
})
