import { z } from 'zod'
import type { ListedOrder } from '#domain/purchasing'
import { money, shownMoney } from '#kernel/schemas'

/** An order as a model sees it in a list. */
export const orderRow = z.looseObject({
  id: z.string(),
  status: z.enum(['open', 'completed', 'cancelled']),
  total: money,
  packages: z.array(z.string()),
  operation_id: z.string(),
  placed_at: z.string(),
  ended_at: z.string().optional(),
})

export const shownOrder = ({ operation, placedAt, endedAt, ...order }: ListedOrder) => ({
  id: order.id,
  status: order.status,
  total: shownMoney(order.total),
  packages: order.packages,
  operation_id: operation,
  placed_at: placedAt.toISOString(),
  ...(endedAt && { ended_at: endedAt.toISOString() }),
})
