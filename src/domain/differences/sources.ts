import type { OperationId } from '#kernel/ids'

/** A PaymentIntent of this deployment, as the payment provider lists it. Amounts are in minor units. */
export interface StatedPayment {
  id: string
  status: string
  amountMinor: number
  currency: string
  customer: string | undefined
  /** The id of the order line for which it was created. */
  transferGroup: string | undefined
  metadata: Record<string, string>
  /** The successful charges. */
  charges: ReadonlyArray<{ id: string; amountMinor: number }>
  /** The refunds that did not fail. */
  refunds: ReadonlyArray<{ id: string; amountMinor: number }>
}

/** A run of a story that has not ended. */
export interface OpenRun {
  workflowId: string
  operation: OperationId
}

/** The two outside systems that are compared with the rows. */
export interface Sources {
  statedPayments: () => Promise<readonly StatedPayment[]>
  /** Without it, runs are not compared. */
  openRuns?: (() => Promise<readonly OpenRun[]>) | undefined
  at: Date
  /** Nothing should be under way, so that each open operation is a difference itself. Default: false. */
  isAtRest?: boolean
}

export type Rule =
  | 'charged_twice'
  | 'money_without_licence'
  | 'licence_without_money'
  | 'books_differ'
  | 'books_unbalanced'
  | 'payment_open'
  | 'payment_unknown'
  | 'paid_but_failed'
  | 'charge_open'
  | 'order_open'
  | 'hold_wrong'
  | 'cart_locked'
  | 'licence_reserved'
  | 'slot_reserved'
  | 'secret_left'
  | 'outbox_overdue'
  | 'operation_open'
  | 'operation_without_run'
  | 'run_without_operation'
  | 'entry_without_debt'

/** Something that rows, payment provider or runs say differently. */
export interface Difference {
  rule: Rule
  /** The id of the line, payment, operation or run. */
  object: string
  operation: OperationId | undefined
  /** A sentence for the operator. */
  says: string
}
