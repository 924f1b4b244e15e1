/** What a kind of incident means, in sentences for operators. Each kind has a heading in docs/operating.md. */
interface Meaning {
  happened: string
  todo: string
}

export const INCIDENTS = {
  run_failed: {
    happened: 'The run of an operation ended with a failure.',
    todo: 'Find out in its history why, and whether something is owed.',
  },
  run_stuck: {
    happened: 'A step has failed for more than an hour and is still tried.',
    todo: 'Mend what its last error names; the run then goes on by itself.',
  },
  run_cannot_go_on: {
    happened: 'The code of the worker fails at each task of a run.',
    todo: 'Deploy code that can go on with the run; it then goes on by itself.',
  },
  operation_lost: {
    happened: 'The run of an operation was lost again and again, and it was taken back.',
    todo: 'Compare order, payment and licences of the operation.',
  },
  undo_failed: {
    happened: 'A step could not be undone: a payment or a reservation may be left.',
    todo: 'It is tried each hour. When the provider refuses, undo there what is left.',
  },
  refund_failed: {
    happened: 'The payment provider could not pay a refund out.',
    todo: 'It is refunded again each hour. When that fails, too, pay the buyer back by another way.',
  },
  charged_twice: {
    happened: 'A line of an order was paid twice, and one payment is paid back.',
    todo: 'Find out why a second payment could be made.',
  },
  payment_without_order: {
    happened: 'The payment provider has a payment that belongs to no open order.',
    todo: 'Find out who paid it, and refund it.',
  },
  our_defect: {
    happened: 'A step failed because of a defect of ours.',
    todo: 'Find the error in the log by the id of the operation, and correct the cause.',
  },
  key_refused: {
    happened: 'The payment provider does not accept our key.',
    todo: 'Set a valid STRIPE_SECRET_KEY with all permissions, and restart api and worker.',
  },
  detach_failed: {
    happened: 'A removed card is still attached at the payment provider.',
    todo: 'It is tried every five minutes. When the provider refuses, detach it there.',
  },
  outbox_given_up: {
    happened: 'A message to a run could not be delivered, and was given up.',
    todo: 'Find out in the log why Temporal did not take it.',
  },
  order_not_invoiced: {
    happened:
      'The invoice of a closed order could not be issued. It has been tried for a quarter of an hour, and will be tried again.',
    todo: 'Find the error in the log by the id of the order, and correct the cause.',
  },
  invoice_differs: {
    happened: 'A stored invoice differs from the issued one, so it is not shown any more.',
    todo: 'Find out who changed the row, and restore it from a backup.',
  },
  mail_given_up: {
    happened: 'A mail could not be sent in time.',
    todo: 'Mend the mail server; the person may ask again or needs to be told.',
  },
} as const satisfies Record<string, Meaning>

export type IncidentKind = keyof typeof INCIDENTS

/** The section of the guide for operators that says what to do. */
export const guideTo = ({ kind }: { kind: IncidentKind }): string =>
  `docs/operating.md#${kind.replaceAll('_', '-')}`
