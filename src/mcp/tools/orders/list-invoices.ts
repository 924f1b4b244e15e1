import { z } from 'zod'
import { listInvoices } from '#domain/invoices'
import { moment, orgArgument } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { defineTool } from '../../call/tool.ts'
import { invoiceRow, shownInvoice } from './invoice-view.ts'

export default defineTool({
  kind: 'read',
  name: 'list_invoices',
  title: 'List invoices',
  description: `
    Lists an org's invoices, newest first: one for each order that cost money, issued when it was complete. csv has
    them for a bookkeeper. Next: get_invoice.`,
  scope: 'read',
  permission: 'see_orders',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    since: moment.optional().describe('Issued then or later'),
    until: moment.optional().describe('Issued before'),
    ...page,
  }),
  output: orgListOf(invoiceRow),

  async run({ since, until, ...args }, { db, org, cursors, publicUrl }) {
    const filter = { org: org.id, since: timeOf(since), until: timeOf(until) }
    const listed = await pageOf(
      { cursors },
      {
        row: invoiceRow,
        place: { tool: 'list_invoices', owner: org.id, filter: { since, until } },
        page: args,
        read: (range) => listInvoices(db, { ...filter, ...range }),
        keyOf: ({ number }) => number,
        show: shownInvoice(publicUrl),
      },
    )
    return { org: org.slug, ...listed }
  },
})

const timeOf = (moment: string | undefined) => (moment === undefined ? undefined : new Date(moment))
