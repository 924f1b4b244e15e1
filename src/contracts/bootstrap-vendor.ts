import { z } from 'zod'
import { defineContract, type Known } from '#kernel/contract'
import { operationRun } from './ids.ts'

const startedVendor = z.looseObject({
  vendor_id: z.string(),
  vendor: z.string(),
  status: z.enum(['approved', 'suspended']),
  payable: z.boolean().describe('False: paid packages cannot be sold yet'),
  git_integrations: z.array(z.looseObject({ id: z.string(), host: z.string(), account: z.string() })),
  next_steps: z.array(z.string()).optional(),
})

/** The result as its operation stores it. Each door adds the next steps. */
export type StartedVendor = Omit<Known<z.input<typeof startedVendor>>, 'next_steps'>

const STORY = 'bootstrap_vendor'

/** The fields of an application as a vendor. The domain checks them. */
export const vendorApplication = {
  slug: z
    .string()
    .min(1)
    .max(100)
    .describe('Composer namespace, such as northwind; cannot change once approved'),
  name: z.string().min(1).max(200),
  website: z.string().min(1).max(300).describe('https URL'),
  terms_version: z
    .string()
    .min(1)
    .max(40)
    .describe('Version of /vendor-terms; the user has to accept it first'),
}

export const bootstrapVendor = defineContract({
  story: STORY,
  workflowType: 'bootstrapVendor',
  workflowId: (operation) => operationRun(STORY, operation),
  input: z.strictObject({
    slug: vendorApplication.slug,
    name: vendorApplication.name
      .optional()
      .describe('Needed like website and terms_version, unless the org applied for the slug before'),
    website: vendorApplication.website.optional(),
    terms_version: vendorApplication.terms_version.optional(),
    host: z.string().min(1).max(260).describe('Git host, such as github.com'),
  }),
  output: startedVendor,
  canonicalInput: ({ host, ...rest }) => ({ ...rest, host: host.toLowerCase() }),
})
