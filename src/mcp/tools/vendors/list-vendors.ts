import { z } from 'zod'
import { listVendors } from '#domain/vendors'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { inMemory, orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const vendorRow = z.looseObject({
  id: z.string(),
  slug: z.string(),
  vendor_text: z.looseObject({ name: z.string() }),
  status: z.enum(['applied', 'approved', 'suspended']),
  payable: z.boolean().describe('False: nobody can buy its paid packages yet'),
  applied_at: detail(z.string()),
  approved_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_vendors',
  title: 'List vendors of an org',
  description: `
    Lists the vendors as which an org sells, with slug (the Composer namespace), status, and whether they can be paid.
    To look for packages of any vendor call list_packages.`,
  scope: 'read',
  permission: 'see_vendors',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(vendorRow),

  async run(args, { db, org, cursors }) {
    const listed = await pageOf(
      { cursors },
      {
        row: vendorRow,
        place: { tool: 'list_vendors', owner: org.id },
        page: args,
        ...inMemory(await listVendors(db, org.id)),
        show: ({ id, slug, name, status, isPayable, appliedAt, approvedAt }) => ({
          id,
          slug,
          vendor_text: { name: foreignName(name) },
          status,
          payable: isPayable,
          applied_at: appliedAt.toISOString(),
          ...(approvedAt && { approved_at: approvedAt.toISOString() }),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
