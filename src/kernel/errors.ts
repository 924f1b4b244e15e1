/**
 * What a refusal is about; each door has one table from kind to its own answer.
 * `unavailable` alone is worth trying again unchanged.
 */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'not_allowed'
  | 'not_found'
  | 'conflict'
  | 'refused'
  | 'rate_limited'
  | 'unavailable'

/** A refusal in our own words: a stable code for programs, one sentence, and what to do next. Never a secret. */
export class DomainError extends Error {
  readonly kind: RefusalKind
  readonly code: string
  readonly nextStep: string
  /** The input field at fault, as the caller spelt it. */
  readonly field: string | undefined
  /** The operation it is about, when the caller may know it. */
  readonly operation: string | undefined
  /** When it is worth trying again. */
  readonly retryAfterMs: number | undefined

  constructor(kind: RefusalKind, code: string, message: string, nextStep: string, field?: string) {
    super(message)
    this.name = new.target.name
    this.kind = kind
    this.code = code
    this.nextStep = nextStep
    this.field = field
  }
}

/** What an operation keeps of a refusal, and what a caller is told. */
export interface Refusal {
  code: string
  message: string
  next_step: string
}

export const asRefusal = ({ code, message, nextStep }: DomainError): Refusal => ({
  code,
  message,
  next_step: nextStep,
})
