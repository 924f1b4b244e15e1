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

/** Facts that a door needs to say what to do next, such as the roles that may. Never a secret. */
export type Params = Readonly<Record<string, string | number | readonly string[]>>

export interface About {
  field?: string | undefined
  operation?: string | undefined
  retryAfterMs?: number | undefined
  params?: Params | undefined
}

/**
 * A refusal in our own words: a stable code for programs and one neutral sentence, which names no tool, page or
 * command. What to do next is in each door's table of next steps. Never a secret.
 */
export class DomainError extends Error {
  readonly kind: RefusalKind
  readonly code: string
  /** The input field at fault, as the caller spelt it. */
  readonly field: string | undefined
  /** The operation it is about, when the caller may know it. */
  readonly operation: string | undefined
  /** When it is worth trying again. */
  readonly retryAfterMs: number | undefined
  readonly params: Params | undefined

  constructor(kind: RefusalKind, code: string, message: string, about: About = {}) {
    super(message)
    this.name = new.target.name
    this.kind = kind
    this.code = code
    this.field = about.field
    this.operation = about.operation
    this.retryAfterMs = about.retryAfterMs
    this.params = about.params
  }
}

/** What every refusal extends: its code is in its type, so that a door's table cannot forget it. */
export class CodedError<Code extends string> extends DomainError {
  declare readonly code: Code

  constructor(kind: RefusalKind, code: Code, message: string, about?: About) {
    super(kind, code, message, about)
  }
}

/** The codes of all refusals that a module exports. One that hides its code fits no table. */
export type CodesIn<Module> = { [Name in keyof Module]: CodeOf<Module[Name]> }[keyof Module]

type CodeOf<Export> = Export extends abstract new (...args: never) => { kind: RefusalKind; code: infer Code }
  ? string extends Code
    ? 'this refusal has to extend CodedError with its code'
    : Code
  : never

/** What an operation keeps of a refusal, and what a workflow carries of it. */
export interface Refusal {
  code: string
  message: string
  params?: Params | undefined
}

export const asRefusal = ({ code, message, params }: DomainError): Refusal => ({
  code,
  message,
  ...(params && { params }),
})
