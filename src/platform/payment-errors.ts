/** The outcome of the call is unknown. Look it up, then try again with the same key. */
export class PaymentOutcomeUnknown extends Error {
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  /** The provider stored this answer under the key, and returns it again for a day. */
  readonly isStored: boolean

  constructor(
    message: string,
    { status, retryAfterMs, isStored }: { status?: number; retryAfterMs?: number; isStored?: boolean } = {},
  ) {
    super(message)
    this.name = 'PaymentOutcomeUnknown'
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.isStored = isStored ?? (status ?? 0) >= 500
  }
}

/** The provider refused our request (400, 404). Nothing happened, and the same request would be refused again. */
export class PaymentRefusedByProvider extends Error {
  readonly code: string

  constructor(code: string, requestId: string) {
    super(`The payment provider refused the request: ${code} (${requestId}).`)
    this.name = 'PaymentRefusedByProvider'
    this.code = code
  }
}

/** Our own key is wrong or lacks a permission (401, 403). This is never the buyer's fault. */
export class PaymentsMisconfigured extends Error {
  constructor(status: number, requestId: string) {
    super(`The payment provider does not accept our key: ${status} (${requestId}).`)
    this.name = 'PaymentsMisconfigured'
  }
}
