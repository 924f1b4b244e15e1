import type { FastifyInstance } from 'fastify'
import type { Market } from './demo-market.ts'
import { aVisitor, titleAndMainOf, type Visitor } from './a-visitor.ts'

export const PACKAGES = '/account/vendor/packages'

/** The fields of a form of prices: free for Open Source, a yearly licence for Commerce. */
export const PRICES = {
  currency: 'EUR',
  'model_open-source': 'free',
  model_commerce: 'yearly',
  amount_commerce: '99',
}

/** Forms that are refused: the form, its fields, what the page says, and what is audited. */
export const WRONG_FORMS = [
  ['prices', { ...PRICES, amount_commerce: '9,90' }, 'Enter the amount for Adobe Commerce', 'invalid_input'],
  [
    'prices',
    { ...PRICES, 'amount_commerce-cloud': '5' },
    'Choose how Adobe Commerce Cloud is paid',
    'invalid_input',
  ],
  ['prices', { ...PRICES, currency: 'XXX' }, 'This market settles in EUR, USD only.', 'currency_not_settled'],
  ['prices', { ...PRICES, amount_commerce: '0.10' }, 'has to be from 0.50 EUR', 'price_invalid'],
  ['prices', { currency: 'EUR' }, 'so it has to keep one', 'public_package_needs_price'],
  ['texts', { title: '', summary: 'x' }, 'The title has to be one line', 'title_invalid'],
  ['visibility', { visibility: 'secret' }, 'Choose who sees it.', 'invalid_input'],
] as const

/** The key and the revision of the forms of a page. */
export const hiddenIn = (body: string) => ({
  key: /name="key" value="([^"]+)"/.exec(body)?.[1],
  revision: /name="revision"\s+value="(\d+)"/.exec(body)?.[1],
})

export const pageOfPackage = (market: Market, name: string, ...more: string[]): string =>
  [PACKAGES, market.package(name), ...more].join('/')

export async function aSignedInVisitor(app: FastifyInstance, name: string): Promise<Visitor> {
  const visitor = aVisitor(app)
  await visitor.signIn(name)
  return visitor
}

/** Title and main part of a page. */
export const mainOf = async (visitor: Visitor, url: string): Promise<string> =>
  titleAndMainOf((await visitor.get(url)).body)
