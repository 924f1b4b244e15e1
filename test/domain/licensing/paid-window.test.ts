import { expect, test } from 'vitest'
import { paidUntil } from '../../../src/domain/licensing/licence.ts'

test.for([
  ['2027-03-01T10:30:00Z', '2028-03-01T10:30:00Z'],
  ['2027-02-28T23:59:59Z', '2028-02-28T23:59:59Z'],
  ['2028-02-29T10:30:00Z', '2029-02-28T10:30:00Z'],
  ['2027-12-31T00:00:00Z', '2028-12-31T00:00:00Z'],
] as const)('a yearly licence from %s is paid until %s', ([from, until]) => {
  expect(paidUntil('yearly', new Date(from))).toEqual(new Date(until))
})

test.for(['free', 'one_time'] as const)('a licence that is %s has no end', (model) => {
  expect(paidUntil(model, new Date('2027-03-01T10:30:00Z'))).toBeUndefined()
})
