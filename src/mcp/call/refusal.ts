import type { z } from 'zod'
import { DomainError } from '#kernel/errors'
import { IdempotencyKeyMalformed, InvalidInput } from './errors.ts'
import { hasNextStep, nextStepAfter } from './next-steps.ts'

/** What a model reads about a failed call: a stable code, one sentence, and what to do next. */
export interface ToolError {
  code: string
  message: string
  next_step: string
  /** True when the same call with the same key may work later. */
  retryable: boolean
  field?: string | undefined
  operation_id?: string | undefined
  retry_after_ms?: number | undefined
  request_id?: string
}

/** Returns a refusal as a model reads it, or undefined for a bug. A code without a next step is a bug. */
export function refusalOf(error: unknown): ToolError | undefined {
  if (!(error instanceof DomainError) || !hasNextStep(error.code)) return undefined
  const { code, message, field, kind, operation, retryAfterMs } = error
  return {
    code,
    message,
    next_step: nextStepAfter(error),
    retryable: kind === 'unavailable' || kind === 'rate_limited',
    field,
    operation_id: operation,
    retry_after_ms: retryAfterMs,
  }
}

/** What a model reads about a bug. It says nothing about the error, which may contain a secret. */
export const internalError = (requestId: string): ToolError => ({
  code: 'internal_error',
  message: 'Something went wrong on our side.',
  next_step: nextStepAfter({ code: 'internal_error', params: { request_id: requestId } }),
  retryable: true,
  request_id: requestId,
})

/**
 * Parses a tool's input, in which null means "not given". Refuses with `invalid_input` and names every wrong parameter,
 * because a model would correct them one call at a time.
 */
export function parseInput<In extends z.ZodObject>(schema: In, input: unknown): z.output<In> {
  const parsed = schema.safeParse(withoutNulls(input ?? {}))
  if (!parsed.success) throw inputRefusal(parsed.error.issues, Object.keys(schema.shape))
  const field = unstorable(parsed.data, [])?.join('.')
  if (field !== undefined)
    throw new InvalidInput(field, `${field}: contains characters that are not allowed.`)
  return parsed.data
}

/** No tool has a parameter for which null means something. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const given = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(given.map(([key, inner]) => [key, withoutNulls(inner)]))
}

export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** Returns the path to a text with NUL or half a surrogate pair. JSON allows both, and Postgres allows neither. */
function unstorable(value: unknown, at: readonly string[]): readonly string[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : at
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorable(inner, [...at, key])
    if (found) return found
  }
  return undefined
}

const MOST_MISFITS = 10

function inputRefusal(
  issues: readonly z.core.$ZodIssue[],
  known: readonly string[],
): InvalidInput | IdempotencyKeyMalformed {
  // a misspelt parameter often explains a missing one, so it is reported first
  const misspelt = issues.filter(({ code }) => code === 'unrecognized_keys')
  const others = issues.filter(({ code }) => code !== 'unrecognized_keys')
  const misfits = [...misspelt, ...others].flatMap(misfitsOf).slice(0, MOST_MISFITS)
  const [first] = misfits
  if (!first) return new InvalidInput('arguments', 'The arguments do not fit.')
  const { field, sentence, cause, isUnknown } = first
  // an absent key, or one that is no text, is refused like other parameters
  if (misfits.length === 1 && field === 'idempotency_key' && !isUnknown && cause.code !== 'invalid_type')
    return new IdempotencyKeyMalformed(sentence)
  const message = misfits.map((each) => each.sentence).join(' ')
  if (isUnknown) return new InvalidInput(field, message, { fault: 'unknown_parameter', known })
  const fields = [...new Set(misfits.map((each) => each.field))]
  if (fields.length > 1) return new InvalidInput(field, message, { fields })
  return new InvalidInput(field, message, cause.code === 'custom' ? cause.params : undefined)
}

interface Misfit {
  field: string
  sentence: string
  /** A parameter of the tool itself that does not exist. */
  isUnknown: boolean
  cause: z.core.$ZodIssue
}

function misfitsOf(issue: z.core.$ZodIssue): Misfit[] {
  const { at, cause } = deepest(issue, [])
  if (cause.code !== 'unrecognized_keys') {
    const field = at.join('.') || 'arguments'
    return [{ field, sentence: `${field}: ${cause.message}.`, isUnknown: false, cause }]
  }
  return cause.keys.map((key) => {
    const field = [...at, key].join('.').slice(0, 100)
    return { field, sentence: `There is no parameter ${field}.`, isUnknown: !at.length, cause }
  })
}

/** For a union, returns the issue that is deepest in the value, because the caller probably meant that branch. */
function deepest(
  issue: z.core.$ZodIssue,
  parents: readonly PropertyKey[],
): { at: string[]; cause: z.core.$ZodIssue } {
  const path = [...parents, ...issue.path]
  const own = { at: path.map(String), cause: issue }
  if (issue.code !== 'invalid_union') return own
  const nested = issue.errors.flatMap(([first]) =>
    first && !(first.code === 'invalid_type' && first.path.length === 0) ? [deepest(first, path)] : [],
  )
  return nested.sort((a, b) => b.at.length - a.at.length)[0] ?? own
}
