/** A refund at the provider. */
export interface RefundSeen {
  id: string
  /** The number of our request that created it. 0 when it was not created by us. */
  n: number
  status: string
  amountMinor: number
}

/**
 * `create`: this amount has to be refunded by a request with a number of at least `n`. `wait`: a refund is not decided yet, and it may
 * fail. `done`: the customer has the money.
 */
export type RefundMove = { kind: 'create'; amountMinor: number; n: number } | { kind: 'wait' | 'done' }

/**
 * The next move until `receivedMinor` is refunded. `n` is higher than the number of every refund that exists: after one
 * failed, its key would return it again.
 */
export function nextRefund(receivedMinor: number, refunds: readonly RefundSeen[]): RefundMove {
  const valid = refunds.filter((each) => !isFailed(each))
  const left = receivedMinor - valid.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  if (left > 0)
    return { kind: 'create', amountMinor: left, n: Math.max(1, ...refunds.map((each) => each.n + 1)) }
  return { kind: valid.every(({ status }) => status === 'succeeded') ? 'done' : 'wait' }
}

export const isFailed = ({ status }: RefundSeen): boolean => status === 'failed' || status === 'canceled'
