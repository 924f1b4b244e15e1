import { z } from 'zod'
import type { ListedOrder } from '#domain/orders'
import { money, shownMoney } from '#kernel/schemas'
import { detail } from '../../call/shape.ts'

/** An order as a model sees it in a list. */
export const orderRow = z.looseObject({
  id: z.string(),
  status: z.enum(['open', 'completed', 'cancelled']),
  total: money,
  packages: z.array(z.string()),
  placed_at: z.string(),
  invoice: z.string().optional().describe('Number of its invoice'),
  ended_at: detail(z.string()),
  operation_id: detail(z.string()),
})

export const shownOrder = ({ operation, placedAt, endedAt, invoice, ...order }: ListedOrder) => ({
  id: order.id,
  status: order.status,
  total: shownMoney(order.total),
  packages: order.packages,
  placed_at: placedAt.toISOString(),
  ...(invoice && { invoice }),
  ...(endedAt && { ended_at: endedAt.toISOString() }),
  operation_id: operation,
})
