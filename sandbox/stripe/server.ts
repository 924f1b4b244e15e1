import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bank } from './bank.ts'
import { CALLS } from './calls.ts'
import { parameterFault, StripeRefusal } from './errors.ts'
import { cannotExpand, expand } from './expand.ts'
import { type FaultAnswer, type Faults, forcedBy, type PlannedFault } from './faults.ts'
import { parseForm } from './form.ts'
import type { Holds } from './holds.ts'
import type { Route } from './json-schema.ts'
import { refuseUnread } from './read-parameters.ts'
import { bodyOf } from './request-body.ts'
import type { Checks } from './schemas.ts'
import type { Store } from './store.ts'

export interface ApiRequest {
  at: string
  method: string
  path: string
  params: unknown
  idempotency_key: string | undefined
  status: number | 'no answer'
}

export interface Api {
  bank: Bank
  store: Store
  routes: readonly Route[]
  checks: Checks
  faults: Faults
  holds: Holds
  /** Idempotency keys whose first request has no answer yet. */
  inFlight: Set<string>
  requests: ApiRequest[]
  violations: string[]
}

interface Answer {
  status: number
  body: string
  headers: Record<string, string>
}

const HELD_BEFORE: readonly FaultAnswer[] = ['held', 'held_before']
const KEY_LIFETIME = 24 * 60 * 60
const IN_USE = 'Another request with this key is running.'
const REUSED = 'The idempotency key stands for a request with other parameters.'

/** Handles one request of the API. Checks the account's key, then idempotency, the path, the parameters. */
export async function handleApi(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const text = await bodyOf(request)
  const received: ApiRequest = {
    at: new Date().toISOString(),
    method: request.method ?? 'GET',
    path: url.pathname,
    params: parseForm(request.method === 'GET' ? url.search.slice(1) : text),
    idempotency_key: header(request, 'idempotency-key'),
    status: 'no answer',
  }
  api.requests.push(received)
  const fault = api.faults.take(received.method, received.path)
  if (fault?.answer === 'lost_before') return void request.socket.destroy()
  if (await isGivenUp(api, received, fault, HELD_BEFORE)) return void request.socket.destroy()
  const answer = answerBefore(fault) ?? replyTo(api, received, header(request, 'authorization'), fault)
  if (fault?.answer === 'lost_after') return void request.socket.destroy()
  if (fault?.answer === 'hang') return
  if (fault?.answer === 'slow') await withKeyInFlight(api, received, sleep(fault.ms ?? 1_000))
  if (await isGivenUp(api, received, fault, ['held_after'])) return void request.socket.destroy()
  received.status = answer.status
  send(response, answer, fault?.answer === 'cut_body')
}

/** While it waits, a second request with the same key is refused, because the first one is still running. */
async function withKeyInFlight<T>(
  api: Api,
  { idempotency_key: key }: ApiRequest,
  waiting: Promise<T>,
): Promise<T> {
  if (key) api.inFlight.add(key)
  const waited = await waiting
  if (key) api.inFlight.delete(key)
  return waited
}

/** Waits for the end of a planned hold. Returns true when the stand-in was reset or stopped meanwhile. */
async function isGivenUp(
  api: Api,
  received: ApiRequest,
  fault: PlannedFault | undefined,
  when: readonly FaultAnswer[],
): Promise<boolean> {
  if (!fault || !when.includes(fault.answer)) return false
  return (await withKeyInFlight(api, received, api.holds.hold(received))) === 'given up'
}

/** Returns the answer of a planned fault, if that fault prevents any effect of the request. */
function answerBefore(fault: PlannedFault | undefined): Answer | undefined {
  const refusal = (status: number, type: string, code: string | undefined, message: string, headers = {}) =>
    asAnswer(new StripeRefusal(status, type, code, message), headers)
  const answer = fault?.answer
  if (answer === 'in_use_409') return refusal(409, 'idempotency_error', 'idempotency_key_in_use', IN_USE)
  if (answer === 'rate_429')
    return refusal(429, 'invalid_request_error', 'rate_limit', 'Too many requests.', { 'retry-after': '1' })
  if (answer === 'lock_429')
    return refusal(429, 'invalid_request_error', 'lock_timeout', 'The object is locked by another request.')
  return answer === '500_before' ? refusal(500, 'api_error', undefined, 'Something went wrong.') : undefined
}

function replyTo(
  api: Api,
  received: ApiRequest,
  authorization: string | undefined,
  fault?: PlannedFault,
): Answer {
  const key = received.idempotency_key
  if (!/^Bearer (sk|rk)_test_\w+$/.test(authorization ?? ''))
    return asAnswer(
      new StripeRefusal(401, 'invalid_request_error', undefined, 'Only test keys are accepted here.'),
    )
  if (received.method !== 'POST' || !key) return execute(api, received, fault)
  return idempotent(api, key, received, fault)
}

/** https://docs.stripe.com/api/idempotent_requests */
function idempotent(api: Api, key: string, received: ApiRequest, fault?: PlannedFault): Answer {
  if (api.inFlight.has(key))
    return asAnswer(new StripeRefusal(409, 'idempotency_error', 'idempotency_key_in_use', IN_USE))
  const content = JSON.stringify([received.method, received.path, received.params])
  const fingerprint = createHash('sha256').update(content).digest('hex')
  const kept = api.store.get('keys', key)
  if (kept && api.store.now() - kept.at < KEY_LIFETIME) {
    if (kept.fingerprint !== fingerprint)
      return asAnswer(new StripeRefusal(400, 'idempotency_error', undefined, REUSED))
    const headers = { 'idempotent-replayed': 'true', 'original-request': kept.requestId }
    return { status: kept.status, body: kept.body, headers }
  }
  const answer = execute(api, received, fault)
  if (answer.headers['x-kept'] !== 'false') {
    const requestId = answer.headers['request-id'] ?? ''
    const { status, body } = answer
    api.store.put('keys', { id: key, fingerprint, status, body, requestId, at: api.store.now() })
  }
  return answer
}

function execute(api: Api, received: ApiRequest, fault?: PlannedFault): Answer {
  try {
    const { route, id } = findRoute(api, received)
    const checked = api.checks.params(route, refuseRetired(received.params as Record<string, unknown>))
    if ('code' in checked) throw parameterFault(checked)
    const call = CALLS[`${route.verb} ${route.path}`]
    const bank = { ...api.bank, forced: forcedBy(fault) }
    refuseUnread(`${route.verb} ${route.path}`, checked.params)
    const params = checked.params as { expand?: string[] }
    const unknown = params.expand?.find((path) => !api.checks.isMember(route, path))
    if (unknown !== undefined) throw cannotExpand(unknown)
    // a 500 after the endpoint began is kept under its key, also when nothing was done
    if (fault?.answer === '500_kept')
      throw new StripeRefusal(500, 'api_error', undefined, 'Something went wrong.')
    const body = call?.(bank, id, params as never)
    const mismatch = isDeletion(body) ? undefined : api.checks.answer(route, body)
    if (mismatch) {
      api.violations.push(`${received.method} ${received.path}: ${mismatch}`)
      throw new StripeRefusal(
        500,
        'api_error',
        undefined,
        `The stand-in's answer does not match its schema: ${mismatch}`,
        {
          isKept: false,
        },
      )
    }
    if (fault?.answer === '500_saved')
      throw new StripeRefusal(500, 'api_error', undefined, 'Something went wrong.')
    const expanded = expand(api.store, body, params.expand ?? [])
    return { status: 200, body: JSON.stringify(expanded), headers: headersOf(api.store) }
  } catch (e) {
    if (e instanceof StripeRefusal) return asAnswer(e, headersOf(api.store))
    throw e
  }
}

function findRoute(api: Api, { method, path }: ApiRequest): { route: Route; id: string } {
  for (const route of api.routes) {
    if (route.verb !== method || !CALLS[`${route.verb} ${route.path}`]) continue
    const pattern = new RegExp(`^${route.path.replaceAll('{}', '([^/]+)')}$`)
    const match = pattern.exec(path)
    const id = match && decoded(match[1] ?? '')
    if (id !== null && id !== undefined) return { route, id }
  }
  throw new StripeRefusal(
    404,
    'invalid_request_error',
    undefined,
    `Unrecognized request URL (${method}: ${path}).`,
    {
      isKept: false,
    },
  )
}

/** Returns undefined when the part is not UTF-8, because no object has such an id. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** Refuses a parameter that the SDK's types still have and the API no longer accepts. */
function refuseRetired(params: Record<string, unknown>): Record<string, unknown> {
  if (!('payment_method_types' in params)) return params
  throw new StripeRefusal(
    400,
    'invalid_request_error',
    'payment_method_types_no_longer_supported',
    'Use allowed_payment_method_types.',
    { fields: { param: 'payment_method_types' }, isKept: false },
  )
}

const isDeletion = (body: unknown) => (body as { deleted?: boolean } | undefined)?.deleted === true

const headersOf = (store: Store): Record<string, string> => ({ 'request-id': store.id('req') })

function asAnswer(refusal: StripeRefusal, headers: Record<string, string> = {}): Answer {
  const { status, body, isKept } = refusal
  return { status, body: JSON.stringify(body), headers: { ...headers, 'x-kept': String(isKept) } }
}

function send(response: ServerResponse, { status, body, headers }: Answer, cut: boolean): void {
  const { 'x-kept': _, ...visible } = headers
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...visible })
  if (!cut) return void response.end(body)
  // ends the connection and does not reset it: a reset may arrive before the head, and then the SDK retries
  // by itself
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.end())
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
