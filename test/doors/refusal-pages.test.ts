import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuthenticationExpired, listPaymentMethods } from '#domain/billing'
import { asRefusal, type Refusal } from '#kernel/errors'
import { tools } from '../../src/mcp/tools/index.ts'
import { NO_CARD_ADDED, NO_CARD_TO_CHARGE } from '../../src/workflows/refusals.ts'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import type { Answered } from '../support/a-visitor.ts'
import { aWait } from '../support/a-wait.ts'

const CARDS = '/account/payment-methods'

/** The main part of a page as text, with the target of each link in brackets. */
function read({ body }: Answered): string {
  const [, main = ''] = /<main[^>]*>(.*)<\/main>/s.exec(body) ?? []
  const withLinks = main.replaceAll(/<a [^>]*href="([^"]*)"[^>]*>([^<]*)<\/a>/g, '$2 [$1]')
  const text = withLinks.replaceAll(/<table.*<\/table>|<[^>]*>/gs, ' ').replaceAll(/\s+/g, ' ')
  return text.replace(/ ?Request req_\S+/, '').trim()
}

describe.skipIf(!timeSkippingServer)('the page of a refusal', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterAll(() => shop?.close())

  const namesOfTools = new RegExp(`\\b(${tools.map(({ name }) => name).join('|')}|idempotency_key)\\b`)

  test('a button for a card that is already removed is answered with a link to the saved cards', async () => {
    const dan = await shop.visitor('declined')
    const [card] = await listPaymentMethods(shop.db, shop.market.org('umbrella'))
    await dan.get(CARDS)
    await dan.post(`${CARDS}/${card?.id}/remove`, { org: 'umbrella' })

    for (const action of ['default', 'remove']) {
      const answer = await dan.post(`${CARDS}/${card?.id}/${action}`, { org: 'umbrella' })

      expect(answer.statusCode).toBe(404)
      expect(read(answer)).toBe(
        `The org has no such saved card. It may have been removed meanwhile. See the saved cards. [${CARDS}]`,
      )
    }
    expect((await dan.get(CARDS)).statusCode).toBe(200)
  })

  test('choosing a card that the bank refuses for ever is answered with a link to the saved cards', async () => {
    const tara = await shop.visitor('threeds')
    const [card] = await listPaymentMethods(shop.db, shop.market.org('initech'))
    const method = shop.db.updateTable('payment_methods').where('org_id', '=', shop.market.org('initech'))
    await method.set({ refused_at: new Date(), default_since: null }).execute()
    await tara.get(CARDS)

    const answer = await tara.post(`${CARDS}/${card?.id}/default`, { org: 'initech' })

    await method.set({ refused_at: null, default_since: new Date() }).execute()
    expect(read(answer)).toBe(
      `The bank has told us not to charge the card ${card?.id} again. Choose another card, or add one. See the saved cards. [${CARDS}]`,
    )
  })

  test('a person without the permission reads which roles have it', async () => {
    const [vi, [card]] = [
      await shop.visitor('viewer'),
      await listPaymentMethods(shop.db, shop.market.org('acme-retail')),
    ]
    await vi.get(CARDS)

    const answer = await vi.post(`${CARDS}/${card?.id}/remove`, { org: 'acme-retail' })

    expect(answer.statusCode).toBe(403)
    expect(read(answer)).toBe(
      'You may not do this Your role in Acme Retail is viewer. It does not allow you to buy. ' +
        'Ask an owner, admin or billing member of the org. Go to the overview. [/account]',
    )
    expect(answer.body).toContain('<title>You may not do this ·')
  })

  test('a person who names an org of other people is sent to their own orgs', async () => {
    const bea = await shop.visitor('buyer')
    await bea.get(CARDS)

    expect(read(await bea.post(CARDS, { org: 'hooli' }))).toBe(
      `There is no org hooli that you belong to. Choose one of your orgs. See the saved cards. [${CARDS}]`,
    )
  })

  test.for([
    [
      asRefusal(new AuthenticationExpired()),
      'Not done Nobody confirmed the payment at the bank within 24 hours; nothing was charged. ' +
        `Ask your assistant to buy again, and confirm the payment or use another card. See the saved cards. [${CARDS}] ` +
        'Go back to your assistant: it knows what to do next.',
    ],
    [
      NO_CARD_TO_CHARGE,
      'Not done Nobody added a card within 24 hours; nothing was charged. ' +
        `Add a card, then ask your assistant to buy again. See the saved cards. [${CARDS}] ` +
        'Go back to your assistant: it knows what to do next.',
    ],
    [
      NO_CARD_ADDED,
      'Not done Nobody added a card within 24 hours. ' +
        `Begin again when you have it at hand. See the saved cards. [${CARDS}] ` +
        'Go back to your assistant: it knows what to do next.',
    ],
    [
      { code: 'of_an_older_release', message: 'It was a Monday.' },
      'Not done It was a Monday. Go back to your assistant: it knows what to do next.',
    ],
  ] as [Refusal, string][])(
    'the page of an operation that failed with %j shows the message and a next step without tool names',
    async ([error, words]) => {
      const { id, path, cancel } = await aWait(shop, 'nocard')
      await cancel()
      const operation = shop.db.updateTable('operations').where('id', '=', id)
      await operation.set({ status: 'failed', error: JSON.stringify(error) }).execute()

      const page = await (await shop.visitor('nocard')).get(path)

      expect(read(page)).toBe(words)
      expect(page.body).not.toMatch(namesOfTools)
    },
  )
})
