import { z } from 'zod'
import { listOrders } from '#domain/orders'
import type { OrderId } from '#kernel/ids'
import { orgArgument } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { defineTool } from '../../call/tool.ts'
import { orderRow, shownOrder } from './order-view.ts'

export default defineTool({
  kind: 'read',
  name: 'list_orders',
  title: 'List orders',
  description: "Lists an org's orders, newest first: packages, total, and how each ended. Next: get_order.",
  scope: 'read',
  permission: 'see_orders',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(orderRow),

  async run(args, { db, org, cursors }) {
    const listed = await pageOf(
      { cursors },
      {
        row: orderRow,
        place: { tool: 'list_orders', owner: org.id },
        page: args,
        read: ({ limit, after }) =>
          listOrders(db, { org: org.id, limit, after: after as OrderId | undefined }),
        keyOf: ({ id }) => id,
        show: shownOrder,
      },
    )
    return { org: org.slug, ...listed }
  },
})
