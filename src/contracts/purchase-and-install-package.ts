import { z } from 'zod'
import { defineContract } from '#kernel/contract'
import { canonicalCredentials, credentials, projectRef } from '#kernel/schemas'
import { operationRun } from './ids.ts'
import {
  canonicalChoices,
  choices,
  newProject,
  purchased,
  quoted,
  wantedPackages,
  withEdition,
} from './purchase.ts'

const STORY = 'purchase_and_install_package'

export const purchaseAndInstallPackage = defineContract({
  story: STORY,
  workflowType: 'purchaseAndInstallPackage',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({
    packages: wantedPackages,
    project: projectRef.optional().describe('Id or slug, or new_project'),
    new_project: newProject.optional(),
    payment_method: z.string().max(64).optional(),
    credentials,
    quote: z.string().max(200).optional().describe('Of a dry_run: at its price'),
    ...choices,
  }),
  output: purchased.extend({
    quote: z.string().optional().describe('dry_run only; present it to buy at this price'),
    expires_at: z.string().optional(),
    ...quoted,
  }),
  canonicalInput: ({ packages, new_project, credentials: wanted, ...rest }) => ({
    ...rest,
    ...canonicalChoices(rest),
    packages: packages.map((each) => (typeof each === 'string' ? { package: each } : each)),
    new_project: withEdition(new_project),
    credentials: canonicalCredentials(wanted),
  }),
})

export type PurchaseInput = z.output<typeof purchaseAndInstallPackage.input>
