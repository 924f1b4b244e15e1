/**
 * The kind of a refusal. Each door has one table that maps a kind to a response. Only `unavailable` means that the same
 * request may succeed later. `internal`: our own data is wrong, and an operator has to act.
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
  | 'internal'

/** What a door needs to write the next step, such as the roles with the permission. Never a secret. */
export type Params = Readonly<Record<string, string | number | readonly string[]>>

export interface About {
  field?: string | undefined
  operation?: string | undefined
  retryAfterMs?: number | undefined
  params?: Params | undefined
}

/**
 * A refusal: a stable code for programs, and one neutral sentence that names no tool, page or command.
 * Each door has its own table of next steps. Contains no secret.
 */
export class DomainError extends Error {
  readonly kind: RefusalKind
  readonly code: string
  /** The invalid input field, by the name that the caller used. */
  readonly field: string | undefined
  /** The id of the operation it is about, when the caller may read it. */
  readonly operation: string | undefined
  /** After how long the caller may try again. */
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

/** The base class of every refusal. The code is in the type, so the compiler checks that each door's table has it. */
export class CodedError<Code extends string> extends DomainError {
  declare readonly code: Code

  constructor(kind: RefusalKind, code: Code, message: string, about?: About) {
    super(kind, code, message, about)
  }
}

/** The codes of all refusals that a module exports. A refusal without a code in its type becomes a type error. */
export type CodesIn<Module> = { [Name in keyof Module]: CodeOf<Module[Name]> }[keyof Module]

type CodeOf<Export> = Export extends abstract new (...args: never) => { kind: RefusalKind; code: infer Code }
  ? string extends Code
    ? 'this refusal has to extend CodedError with its code'
    : Code
  : never

/** A refusal as operations store it and workflows pass it on. */
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

/** The class of an error, never its message, which may contain a secret. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** A refusal's code, or the class of any other error, for Postgres with its SQLSTATE. */
export function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code
  // all errors of Postgres have the same name
  const state = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state)
    ? `${nameOf(error)} ${state}`
    : nameOf(error)
}
