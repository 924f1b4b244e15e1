import type { z } from 'zod'
import { GitHostFailure } from '#kernel/git-host'
import { timeLeft } from '../deadline.ts'

const PATIENCE_MS = 10_000
const MAX_BODY_BYTES = 8 * 1024 * 1024
const LONGEST_RETRY_MS = 60 * 60_000

export interface HostCall {
  method?: 'GET' | 'POST' | 'DELETE'
  /** The header Authorization. */
  authorization?: string
  json?: object
  form?: Record<string, string>
  /** Statuses that are an answer and no failure, besides 2xx. A 403 that says that there were too many calls is a failure. */
  expected?: readonly number[]
}

export interface HostAnswer {
  status: number
  headers: Headers
  /** Parsed JSON, or undefined without a body. */
  body: unknown
}

/**
 * Calls a host: at most 10 s, 8 MiB, no redirect. Throws `GitHostFailure`; its message has neither the URL nor a text of
 * the host, because both may hold a secret.
 */
export async function callHost(url: string, call: HostCall = {}): Promise<HostAnswer> {
  const { method = 'GET', authorization, json, form, expected = [] } = call
  const response = await orAway(
    fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeLeft(PATIENCE_MS)),
      headers: {
        accept: 'application/json',
        'user-agent': 'packagento',
        ...(authorization && { authorization }),
        ...(json && { 'content-type': 'application/json' }),
      },
      ...(json && { body: JSON.stringify(json) }),
      ...(form && { body: new URLSearchParams(form) }),
    }),
  )
  const { status, headers } = response
  const text = await orAway(bodyOf(response))
  const isAnswer = response.ok || (expected.includes(status) && !isLimited(status, headers))
  if (!isAnswer) throw failureOf(status, headers)
  return { status, headers, body: text ? parsed(text) : undefined }
}

/** Checks the shape of an answer. Unknown fields are dropped. */
export function shaped<Shape extends z.ZodType>(shape: Shape, { body }: HostAnswer): z.output<Shape> {
  const read = shape.safeParse(body)
  if (!read.success) throw new GitHostFailure('away', 'The answer of the Git host has an unknown shape.')
  return read.data
}

function failureOf(status: number, headers: Headers): GitHostFailure {
  if (isLimited(status, headers))
    return new GitHostFailure('away', 'The Git host has had too many requests.', retryAfter(headers))
  if (status === 401) return new GitHostFailure('unauthorized', 'The Git host does not accept our access.')
  if (status >= 500 || (status >= 300 && status < 400) || status === 408)
    return new GitHostFailure('away', `The Git host answered ${status}.`, retryAfter(headers))
  return new GitHostFailure('forbidden', `The Git host refused the call (${status}).`)
}

/** GitHub says 403 for a limit: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const isLimited = (status: number, headers: Headers): boolean =>
  status === 429 ||
  (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'))

function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) - Date.now() / 1000
  const wait = Number.isFinite(seconds) ? seconds : reset
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 1) * 1000, LONGEST_RETRY_MS) : undefined
}

/** A failure of the network holds the URL in its cause, so it is not passed on. */
async function orAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof GitHostFailure) throw error
    const isSlow = error instanceof Error && error.name === 'TimeoutError'
    throw new GitHostFailure(
      'away',
      isSlow ? 'The Git host was too slow.' : 'The Git host cannot be reached.',
    )
  }
}

async function bodyOf(response: Response): Promise<string> {
  if (!response.body) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new GitHostFailure('away', 'The answer of the Git host is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Text that is not JSON, such as an error page, is no answer. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
