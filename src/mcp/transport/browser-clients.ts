import { validateHostHeader } from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAllowedOrigin } from '#platform/allowed-origins'

/** What a page may send, and what it may read of the answer. Without these, the browser keeps both to itself. */
const SENT =
  'authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, traceparent, tracestate, baggage'
const READ = 'www-authenticate, retry-after, mcp-protocol-version, x-request-id'
const DAY_S = '86400'

/**
 * Checks Host and Origin, so that no page of another site reaches this endpoint by DNS rebinding. Returns why a request is
 * refused. For a page that is allowed, it sets the headers of CORS.
 */
export function pageCheck({ publicUrl, allowedOrigins = [] }: Pages) {
  const { hostname } = new URL(publicUrl)
  const loopback = ['localhost', '127.0.0.1', '[::1]']
  const own = loopback.includes(hostname) ? loopback : [hostname]
  const rules = [...own, ...allowedOrigins]
  return ({ headers: { host, origin } }: FastifyRequest, reply: FastifyReply): string | undefined => {
    const checked = validateHostHeader(host, own)
    if (!checked.ok) return checked.message
    if (origin === undefined) return undefined
    if (!isAllowedOrigin(origin, rules)) return 'This Origin is not allowed here.'
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': READ,
      vary: 'origin',
    })
    return undefined
  }
}

interface Pages {
  publicUrl: string
  allowedOrigins?: readonly string[]
}

/** True for the question that a browser asks before the request of a page. It has no token. */
export const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined

export const answerPreflight = (reply: FastifyReply) =>
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': SENT,
      'access-control-max-age': DAY_S,
    })
    .send()
