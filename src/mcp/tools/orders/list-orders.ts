import { z } from 'zod'
import { listOrders, sumsOfOrders } from '#domain/orders'
import type { OrderId } from '#kernel/ids'
import { currencyCode, moment, money, orgArgument, shownMoney } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { defineTool } from '../../call/tool.ts'
import { orderRow, shownOrder } from './order-view.ts'

const sum = z.looseObject({ status: orderRow.shape.status, orders: z.int(), total: money })

const amount = z.int().min(0).optional()

export default defineTool({
  kind: 'read',
  name: 'list_orders',
  title: 'List orders',
  description: `
    Lists an org's orders, newest first: packages, total, and how each ended. With sums: true also the sums of all orders
    of the filter: what was spent is the sum of the completed ones. Next: get_order.`,
  scope: 'read',
  permission: 'see_orders',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z
    .strictObject({
      org: orgArgument,
      status: orderRow.shape.status.optional(),
      since: moment.optional().describe('Placed then or later, such as 2026-11-01'),
      until: moment.optional().describe('Placed before'),
      currency: currencyCode.optional().describe('Such as EUR'),
      min_amount_minor: amount,
      max_amount_minor: amount,
      sums: z.boolean().optional().describe('True: also the sums'),
      ...page,
    })
    // an amount alone would compare yen with cents
    .refine(
      ({ currency, min_amount_minor: min, max_amount_minor: max }) =>
        currency !== undefined || (min === undefined && max === undefined),
      { path: ['currency'], error: 'an amount needs its currency' },
    ),
  output: orgListOf(orderRow).extend({ sums: z.array(sum).optional().describe('When asked for') }),

  async run(input, { db, org, cursors }) {
    const { status, since, until, currency, sums: hasSums = false, ...rest } = input
    const { min_amount_minor: minAmount, max_amount_minor: maxAmount, ...args } = rest
    const amounts = { currency, minAmount, maxAmount }
    const filter = { org: org.id, status, since: timeOf(since), until: timeOf(until), ...amounts }
    const shown = { status, since, until, currency, min: minAmount?.toString(), max: maxAmount?.toString() }
    const listed = await pageOf(
      { cursors },
      {
        row: orderRow,
        place: { tool: 'list_orders', owner: org.id, filter: shown },
        page: args,
        read: ({ limit, after }) => listOrders(db, { ...filter, limit, after: after as OrderId | undefined }),
        keyOf: ({ id }) => id,
        show: shownOrder,
      },
    )
    // they read all orders of the filter, however many
    if (!hasSums) return { org: org.slug, ...listed }
    const sums = await sumsOfOrders(db, filter)
    return {
      org: org.slug,
      sums: sums.map(({ total, ...each }) => ({ ...each, total: shownMoney(total) })),
      ...listed,
    }
  },
})

const timeOf = (moment: string | undefined) => (moment === undefined ? undefined : new Date(moment))
