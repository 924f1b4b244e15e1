import { z } from 'zod'
import { defineContract } from '#kernel/contract'
import { operationRun } from './ids.ts'

const STORY = 'start_add_payment_method'

export const startAddPaymentMethod = defineContract({
  story: STORY,
  workflowType: 'startAddPaymentMethod',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({}),
  output: z.looseObject({
    payment_method: z.looseObject({
      id: z.string(),
      brand: z.string(),
      last4: z.string(),
      is_default: z.boolean(),
    }),
  }),
  canonicalInput: () => ({}),
})
