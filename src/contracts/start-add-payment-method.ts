import { z } from 'zod'
import { defineContract, type Known } from '#kernel/contract'
import { operationRun } from './ids.ts'

const addedCard = z.looseObject({
  id: z.string(),
  brand: z.string(),
  last4: z.string(),
  is_default: z.boolean(),
})

export type AddedCard = Known<z.input<typeof addedCard>>

const STORY = 'start_add_payment_method'

export const startAddPaymentMethod = defineContract({
  story: STORY,
  workflowType: 'startAddPaymentMethod',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({}),
  output: z.looseObject({ payment_method: addedCard }),
  canonicalInput: () => ({}),
})
