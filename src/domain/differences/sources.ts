import type { OpenRun } from '#contracts/ids'
import type { OperationId } from '#kernel/ids'
import type { StatedPayment } from '#kernel/stated-payment'

export type { OpenRun, StatedPayment }

/** The two outside systems that are compared with the rows. */
export interface Sources {
  statedPayments: () => Promise<readonly StatedPayment[]>
  /** Without it, runs are not compared. */
  openRuns?: (() => Promise<readonly OpenRun[]>) | undefined
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
