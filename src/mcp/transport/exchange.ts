import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server'
import { accepted } from './accepted.ts'

/**
 * Handles one request whose body is already parsed: calls the SDK and writes its answer. It replaces `toNodeHandler` of
 * the SDK to save time: it does not serialize the body again, and it sends a JSON answer in one write with its length.
 */
export async function exchange(
  { fetch }: Pick<McpHttpHandler, 'fetch'>,
  { request, response, body, authInfo }: Exchange,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => response.writableFinished || gone.abort())
  const answer = await fetch(requestOf(request, gone.signal), { authInfo, parsedBody: body })
  for (const [name, value] of answer.headers) response.setHeader(name, value)
  response.statusCode = answer.status
  if (!answer.body || !isStream(answer)) {
    response.end(answer.body ? Buffer.from(await answer.arrayBuffer()) : undefined)
    return
  }
  await writeStream(answer.body, response, gone.signal)
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  body: unknown
  authInfo: AuthInfo
}

/**
 * A `Request` with the members that the SDK reads. To construct a whole one would take a tenth of the call. Any other
 * member throws a TypeError, because this object has no state of undici.
 */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  return Object.create(Request.prototype, {
    method: { value: incoming.method ?? 'POST' },
    url: { value: `http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}` },
    headers: { value: new Headers(headersOf(incoming)) },
    signal: { value: signal },
  }) as Request
}

const isStream = ({ headers }: Response) =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false

/** The headers that the protocol knows. The token is checked already, and others would describe a body that is gone. */
const OF_THE_PROTOCOL = /^(?:content-type|last-event-id|mcp-.+)$/

function headersOf({ headers }: IncomingMessage): [string, string][] {
  const named = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || !OF_THE_PROTOCOL.test(name)
      ? []
      : [[name, Array.isArray(value) ? value.join(', ') : value]],
  )
  return [...named, ['accept', accepted(headers.accept)]]
}

/** Sends each event when it comes, but no faster than the client reads. Ends early when the client is gone. */
async function writeStream(
  events: ReadableStream<Uint8Array>,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  try {
    for await (const event of events) {
      if (gone.aborted) break
      if (!response.write(event)) await once(response, 'drain', { signal: gone })
    }
  } catch (error) {
    if (!gone.aborted) throw error
  }
  response.end()
}
