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

export interface Asked {
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
  /** Of keys whose first request is still being answered. */
  inFlight: Set<string>
  requests: Asked[]
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

/** One request of the API, in the order the real one decides: key of the account, path, idempotency, parameters. */
export async function handleApi(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const text = await bodyOf(request)
  const asked: Asked = {
    at: new Date().toISOString(),
    method: request.method ?? 'GET',
    path: url.pathname,
    params: parseForm(request.method === 'GET' ? url.search.slice(1) : text),
    idempotency_key: header(request, 'idempotency-key'),
    status: 'no answer',
  }
  api.requests.push(asked)
  const fault = api.faults.take(asked.method, asked.path)
  if (fault?.answer === 'lost_before') return void request.socket.destroy()
  if (await isGivenUp(api, asked, fault, HELD_BEFORE)) return void request.socket.destroy()
  const answer = answerBefore(fault) ?? replyTo(api, asked, header(request, 'authorization'), fault)
  if (fault?.answer === 'lost_after') return void request.socket.destroy()
  if (fault?.answer === 'hang') return
  if (fault?.answer === 'slow') await withKeyInFlight(api, asked, sleep(fault.ms ?? 1_000))
  if (await isGivenUp(api, asked, fault, ['held_after'])) return void request.socket.destroy()
  asked.status = answer.status
  send(response, answer, fault?.answer === 'cut_body')
}

/** Who asks again with the key meanwhile is told that the first request is still running. */
async function withKeyInFlight<T>(
  api: Api,
  { idempotency_key: key }: Asked,
  waiting: Promise<T>,
): Promise<T> {
  if (key) api.inFlight.add(key)
  const waited = await waiting
  if (key) api.inFlight.delete(key)
  return waited
}

/** Waits while a planned hold lasts; true when the stand-in was reset or stopped meanwhile. */
async function isGivenUp(
  api: Api,
  asked: Asked,
  fault: PlannedFault | undefined,
  when: readonly FaultAnswer[],
): Promise<boolean> {
  if (!fault || !when.includes(fault.answer)) return false
  return (await withKeyInFlight(api, asked, api.holds.hold(asked))) === 'given up'
}

/** Answers that come instead of any effect. */
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

function replyTo(api: Api, asked: Asked, authorization: string | undefined, fault?: PlannedFault): Answer {
  const key = asked.idempotency_key
  if (!/^Bearer (sk|rk)_test_\w+$/.test(authorization ?? ''))
    return asAnswer(
      new StripeRefusal(401, 'invalid_request_error', undefined, 'Only test keys are accepted here.'),
    )
  if (asked.method !== 'POST' || !key) return once(api, asked, fault)
  return idempotent(api, key, asked, fault)
}

/** https://docs.stripe.com/api/idempotent_requests */
function idempotent(api: Api, key: string, asked: Asked, fault?: PlannedFault): Answer {
  if (api.inFlight.has(key))
    return asAnswer(new StripeRefusal(409, 'idempotency_error', 'idempotency_key_in_use', IN_USE))
  const said = JSON.stringify([asked.method, asked.path, asked.params])
  const fingerprint = createHash('sha256').update(said).digest('hex')
  const kept = api.store.get('keys', key)
  if (kept && api.store.now() - kept.at < KEY_LIFETIME) {
    if (kept.fingerprint !== fingerprint)
      return asAnswer(new StripeRefusal(400, 'idempotency_error', undefined, REUSED))
    const headers = { 'idempotent-replayed': 'true', 'original-request': kept.requestId }
    return { status: kept.status, body: kept.body, headers }
  }
  const answer = once(api, asked, fault)
  if (answer.headers['x-kept'] !== 'false') {
    const requestId = answer.headers['request-id'] ?? ''
    const { status, body } = answer
    api.store.put('keys', { id: key, fingerprint, status, body, requestId, at: api.store.now() })
  }
  return answer
}

function once(api: Api, asked: Asked, fault?: PlannedFault): Answer {
  try {
    const { route, id } = findRoute(api, asked)
    const checked = api.checks.params(route, refuseRetired(asked.params as Record<string, unknown>))
    if ('code' in checked) throw parameterFault(checked)
    const call = CALLS[`${route.verb} ${route.path}`]
    const bank = { ...api.bank, forced: forcedBy(fault) }
    refuseUnread(`${route.verb} ${route.path}`, checked.params)
    const params = checked.params as { expand?: string[] }
    const unknown = params.expand?.find((path) => !api.checks.isMember(route, path))
    if (unknown !== undefined) throw cannotExpand(unknown)
    const body = call?.(bank, id, params as never)
    const misfit = isDeletion(body) ? undefined : api.checks.answer(route, body)
    if (misfit) {
      api.violations.push(`${asked.method} ${asked.path}: ${misfit}`)
      throw new StripeRefusal(500, 'api_error', undefined, `The stand-in's answer misfits: ${misfit}`, {
        isKept: false,
      })
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

function findRoute(api: Api, { method, path }: Asked): { route: Route; id: string } {
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

/** Nothing for what is no UTF-8: no object is called so. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The types still know it, the API does not any more. */
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
  // an end and no reset: a reset may overtake the head, and then the SDK asks once more by itself
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.end())
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
