import { z } from 'zod'
import { type DetailedLine, findOrder } from '#domain/orders'
import { edition, money, orgArgument, shownMoney } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { detail, responseFormat } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'
import { orderRow, shownOrder } from './order-view.ts'

export default defineTool({
  kind: 'read',
  name: 'get_order',
  title: 'Get an order',
  description: `
    Shows one order: packages, total and licences; detailed: who placed it, and for each vendor the prices paid and
    the state of the charge. Next: get_invoice, get_licence, or get_operation while it is open.`,
  scope: 'read',
  permission: 'see_orders',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    order: z.string().min(1).max(64).describe('Id of an order'),
    response_format: responseFormat,
  }),
  output: orderRow.extend({
    org: z.string(),
    operation_id: z.string(),
    placed_by: detail(z.string()),
    project: z.string().optional().describe('Slug of where it was delivered to'),
    lines: detail(
      z.array(
        z.looseObject({
          vendor: z.string(),
          state: z.enum(['open', 'paid', 'void']),
          total: money,
          charge: z
            .looseObject({
              state: z.enum(['pending', 'succeeded', 'declined', 'cancelled', 'refunded']),
              settled_at: z.string().optional(),
            })
            .optional()
            .describe('Absent when nothing is to pay'),
          items: z.array(
            z.looseObject({
              package: z.string(),
              edition,
              model: z.enum(['free', 'one_time', 'yearly']),
              price: money,
            }),
          ),
        }),
      ),
    ),
    licences: z.array(
      z.looseObject({
        id: z.string(),
        package: z.string(),
        outcome: detail(z.enum(['bought', 'renewed', 'used_existing', 'already_installed', 'covered'])),
        status: detail(z.string()),
      }),
    ),
  }),

  async run({ order: id }, { db, org, at }) {
    const order = await findOrder(db, { org: org.id, id, at })
    return {
      org: org.slug,
      ...shownOrder(order),
      placed_by: foreignName(order.placedBy),
      ...(order.project && { project: order.project }),
      lines: order.lines.map(shownLine),
      licences: order.licences,
    }
  },
})

const shownLine = ({ vendor, state, total, charge, items }: DetailedLine) => ({
  vendor,
  state,
  total: shownMoney(total),
  ...(charge && {
    charge: {
      state: charge.state,
      ...(charge.settledAt && { settled_at: charge.settledAt.toISOString() }),
    },
  }),
  items: items.map(({ price, ...item }) => ({ ...item, price: shownMoney(price) })),
})
