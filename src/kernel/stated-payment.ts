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
