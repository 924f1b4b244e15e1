import { z } from 'zod'
import { vendorApplication } from '#contracts/bootstrap-vendor'
import { applyAsVendor } from '#domain/vendors'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineCreationTool } from '../../call/tool.ts'

export default defineCreationTool({
  name: 'apply_as_vendor',
  title: 'Apply as a vendor',
  description: `
    Applies for a slug, the namespace under which an org sells packages; bootstrap_vendor also connects the Git host and
    waits. First let the user read and accept /vendor-terms. The operator decides, the user gets a mail; list_vendors
    has the state. The user changes or withdraws it at /account/vendor.`,
  scope: ['read', 'publish'],
  permission: 'manage_vendors',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    ...vendorApplication,
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    vendor_id: z.string(),
    slug: z.string(),
    status: z.enum(['applied', 'approved']).describe('When it was sent'),
    replayed: z.boolean().optional(),
  }),

  async run(args, { db, org, caller, approvesVendors: approves, at }) {
    const { org: _, idempotency_key: key, ...input } = args
    return applyAsVendor(db, { caller, org, input, key, approves, at })
  },
})
