import { expect, test } from 'vitest'
import { isVatId } from '#kernel/vat-ids'

test.for([
  ['DE', 'DE123456789', true],
  ['DE', 'DE12345678', false],
  ['DE', '123456789', false],
  ['GR', 'EL123456789', true],
  ['GR', 'GR123456789', false],
  ['CH', 'CHE123456789MWST', true],
  // a company registered in a second country
  ['FR', 'DE123456789', true],
  // a Mexican RFC and a US number that begin like a VAT number of Spain and of Germany
  ['MX', 'ESP970101AB1', true],
  ['US', 'DE1234', true],
  ['US', '123456789', true],
  ['US', '123', false],
  // of the seller only the number is known
  ['', 'DE123456789', true],
  ['', 'DE12345678', false],
  ['', '123456789', true],
] as const)('in the country "%s" %s is a VAT number: %s', ([country, vatId, expected]) => {
  expect(isVatId(country, vatId)).toBe(expected)
})
