/** Nobody knows what came of it: look, then try again with the same key. */
export class PaymentOutcomeUnknown extends Error {
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(message: string, { status, retryAfterMs }: { status?: number; retryAfterMs?: number } = {}) {
    super(message)
    this.name = 'PaymentOutcomeUnknown'
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** A definite no to the request as we sent it (400, 404): nothing happened, and it will not by trying again. */
export class PaymentRefusedByProvider extends Error {
  readonly code: string

  constructor(code: string, requestId: string) {
    super(`The payment provider refused the request: ${code} (${requestId}).`)
    this.name = 'PaymentRefusedByProvider'
    this.code = code
  }
}

/** Our own key is wrong or lacks a right (401, 403): never the buyer's fault. */
export class PaymentsMisconfigured extends Error {
  constructor(status: number, requestId: string) {
    super(`The payment provider does not accept our key: ${status} (${requestId}).`)
    this.name = 'PaymentsMisconfigured'
  }
}
