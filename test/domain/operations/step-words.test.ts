import { expect, test } from 'vitest'
import { progressOf } from '../../../src/domain/operations/steps.ts'

test.for([
  ['chargeLine:line_2', 'Charging the card, payment 2.'],
  ['abandonLine:line_2', 'Payment 2: Closing the payment that was not made.'],
  ['undoCharge:line_2', 'Payment 2: Taking the charge back.'],
  ['lookAtPayment:line_3', 'Payment 3: Asking the bank whether the payment was confirmed.'],
  ['readRepository:line_2', 'Repository 2: Reading the newest version tag of the repository.'],
  ['abandonLine:line_1', 'Closing the payment that was not made.'],
] as const)('the step %s of several is reported as “%s”', ([step, text]) => {
  expect(progressOf(step, null)).toBe(text)
})
