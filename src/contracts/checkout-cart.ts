import { z } from 'zod'
import { defineContract } from '#kernel/contract'
import { canonicalCredentials, credentials, projectRef } from '#kernel/schemas'
import { operationRun } from './ids.ts'
import { canonicalChoices, choices, newProject, purchased, withEdition } from './purchase.ts'

const STORY = 'checkout_cart'

export const checkoutCart = defineContract({
  story: STORY,
  workflowType: 'checkoutCart',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({
    quote: z.string().max(200).describe('From quote_cart: buys that cart at that price'),
    project: projectRef.optional().describe('Id or slug of the project to install on'),
    new_project: newProject.optional().describe('Or one to create'),
    payment_method: z.string().max(64).optional().describe("Default: the org's default card"),
    credentials,
    ...choices,
  }),
  output: purchased,
  canonicalInput: ({ new_project, credentials: wanted, ...rest }) => ({
    ...rest,
    ...canonicalChoices(rest),
    new_project: withEdition(new_project),
    credentials: canonicalCredentials(wanted),
  }),
})
