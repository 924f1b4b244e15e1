import { afterAll, beforeAll, expect, test } from 'vitest'
import { aLicence, aProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { textOf } from '../support/text-of.ts'
import { writtenBy } from '../support/written-events.ts'

const LICENCES = '/account/licences'
const STOCK = 'northwind/module-stock'
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const written = (run: () => Promise<unknown>) => writtenBy(doors.db, run)

test('a licence in its last days is renewed at a price that is shown, and its form starts one purchase', async () => {
  const { id: project, slug } = await aProject(doors.market, { name: 'Renewed' })
  const { id } = await aLicence(doors.market, { package: STOCK, project, validUntil: inDays(30) })
  const bea = await doors.signedIn()
  expect((await bea.get(`${LICENCES}?package=${STOCK}`)).body).toContain(`${id}/renew?project=${slug}`)

  const page = await bea.get(`${LICENCES}/${id}/renew?project=${slug}`)
  const text = textOf(page.body)
  expect(text).toContain('Renew for 99.00 EUR')
  expect(text).toMatch(/Renewed from .* to /)
  expect(text).toContain('A yearly licence does not renew by itself')
  const send = () => bea.post(`${LICENCES}/${id}/renew`, renewFields(page.body))
  const events = await written(async () => {
    const [one, two] = await Promise.all([send(), send()])
    expect(one.headers.location).toMatch(/^\/o\/[\w-]{43}$/)
    expect(two.headers.location).toBe(one.headers.location)
  })
  expect(events).toEqual([
    expect.objectContaining({
      action: 'start_operation',
      detail: { story: 'purchase_and_install_package' },
    }),
  ])
})

const renewFields = (body: string) =>
  Object.fromEntries(
    ['project', 'card', 'quote'].map((name) => [
      name,
      body.split('method="post"').at(-1)?.match(`name="${name}" value="([^"]*)"`)?.[1] ?? '',
    ]),
  )

async function defaultCard(): Promise<string> {
  const cards = doors.db
    .selectFrom('payment_methods')
    .select('id')
    .where('default_since', 'is not', null)
    .where('org_id', '=', doors.market.org('acme-retail'))
  return (await cards.executeTakeFirstOrThrow()).id
}

test('a renewal names the card that its page showed, and one without a shown card shows it first', async () => {
  const { db } = doors
  const { id: project, slug } = await aProject(doors.market, { name: 'On this card' })
  const { id } = await aLicence(doors.market, { package: STOCK, project, validUntil: inDays(30) })
  const bea = await doors.signedIn()
  const fields = renewFields((await bea.get(`${LICENCES}/${id}/renew?project=${slug}`)).body)
  const shownCard = await defaultCard()

  expect(fields['card']).toBe(shownCard)
  const emptied = await bea.post(`${LICENCES}/${id}/renew`, { ...fields, card: '' })
  expect(emptied.headers.location).toBe(`${LICENCES}/${id}/renew?project=${slug}`)
  await bea.post(`${LICENCES}/${id}/renew`, fields)
  const input = db.selectFrom('operations').select('input').orderBy('id', 'desc').limit(1)
  expect(JSON.stringify(await input.executeTakeFirst())).toContain(shownCard)
})

test('a renewal whose card was removed shows the card that is left, and asks once for billing details', async () => {
  const { id: project, slug } = await aProject(doors.market, { name: 'Card gone' })
  const { id } = await aLicence(doors.market, { package: STOCK, project, validUntil: inDays(30) })
  const bea = await doors.signedIn()
  const page = `${LICENCES}/${id}/renew?project=${slug}`
  const ask = async () => textOf((await bea.get(`${page}&card=pmt_gone`)).body)

  expect(await ask()).toContain('Renew for 99.00 EUR')
  expect(await ask()).toContain('To whom is the invoice made out?')
  const details = { legalName: 'Acme', address: '1 rue X', country: 'FR', vatId: '', email: '' }
  await bea.get('/account/billing')
  const saved = await bea.post('/account/billing', { org: 'acme-retail', ...details, continue: page })
  expect(saved.headers.location).toBe(page)
  expect(await ask()).not.toContain('To whom is the invoice made out?')
})

test('the page of a licence does not renew another licence of the package, which the project has', async () => {
  const { id: project, slug } = await aProject(doors.market, { name: 'Has another' })
  await aLicence(doors.market, { package: STOCK, project, validUntil: inDays(30) })
  const { id } = await aLicence(doors.market, { package: STOCK, validUntil: inDays(30) })
  const bea = await doors.signedIn()

  const page = await bea.get(`${LICENCES}/${id}/renew?project=${slug}`)
  expect(textOf(page.body)).toContain('The project has another licence of the package than this one.')
  expect(page.body).not.toContain('name="quote"')
  const quote = 'quo_1_000000000000_00000000000000000000000000000000'
  const card = await defaultCard()
  const events = await written(async () => {
    const sent = await bea.post(`${LICENCES}/${id}/renew`, { project: slug, card, quote })
    expect(sent.statusCode).toBe(409)
  })
  expect(events).toEqual([expect.objectContaining({ outcome: 'refused', code: 'nothing_to_renew' })])
})
