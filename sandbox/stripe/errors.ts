import type { ParameterFault } from './schemas.ts'

/** A refusal in the form of https://docs.stripe.com/api/errors, with our own messages. */
export class StripeRefusal extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | undefined
  readonly fields: Record<string, unknown>
  /** True when the answer is stored under the idempotency key. False when nothing was tried. */
  readonly isKept: boolean

  constructor(
    status: number,
    type: string,
    code: string | undefined,
    message: string,
    { fields = {}, isKept = true }: { fields?: Record<string, unknown>; isKept?: boolean } = {},
  ) {
    super(message)
    this.status = status
    this.type = type
    this.code = code
    this.fields = fields
    this.isKept = isKept
  }

  get body(): { error: Record<string, unknown> } {
    const { type, code, message, fields } = this
    return { error: { type, ...(code && { code }), message, ...fields } }
  }
}

/** A 400. Many of Stripe's have no code. */
export const invalidRequest = (
  code: string | undefined,
  message: string,
  fields: Record<string, unknown> = {},
) => new StripeRefusal(400, 'invalid_request_error', code, message, { fields })

export function parameterFault({ code, param }: ParameterFault): StripeRefusal {
  const words = {
    parameter_unknown: `Received unknown parameter: ${param}`,
    parameter_missing: `Missing required param: ${param}.`,
    parameter_invalid: `Invalid value for ${param}.`,
  }
  // the API has no code for an invalid value
  const named = code === 'parameter_invalid' ? undefined : code
  return new StripeRefusal(400, 'invalid_request_error', named, words[code], {
    fields: { param },
    isKept: false,
  })
}

export const noSuch = (what: string, id: string) =>
  new StripeRefusal(404, 'invalid_request_error', 'resource_missing', `No such ${what}: '${id}'`, {
    fields: { param: 'id' },
  })
