import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { BodyTooLarge } from './stripe/request-body.ts'

/** The header of the key that `/_sim` wants. */
export const SIM_KEY_HEADER = 'x-sandbox-key'

/** With another name in `Host`, a page of another site has made its own name lead to this machine (DNS rebinding). */
const OWN_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/**
 * A server for programs and people of this machine. A page of another site gets nothing from it and changes nothing at
 * it: browsers say where a request comes from, and programs say nothing.
 */
export function guardedServer(
  handle: Handle,
  onFailure: (error: unknown, response: ServerResponse) => void,
): Server {
  return createServer((request, response) => {
    if (isForeign(request)) return void response.writeHead(403).end()
    const handled = async () => handle(request, response)
    handled().catch((error: unknown) => {
      if (!(error instanceof BodyTooLarge)) return onFailure(error, response)
      response.writeHead(413, { connection: 'close' }).end()
    })
  })
}

function isForeign({ method, headers }: IncomingMessage): boolean {
  const {
    host = '',
    origin,
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest,
  } = headers
  if (!OWN_HOST.test(host)) return true
  // a link or a redirect of the shop: the person sees the page, and nothing has changed
  if (method === 'GET' && mode === 'navigate' && dest === 'document') return false
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  // our own forms send null, because our pages send no referrer
  return origin !== undefined && origin !== `http://${host}` && !(origin === 'null' && site === 'same-origin')
}

/** True when a request may control a stand-in. Without a key, as in tests, everybody may. */
export function mayControl({ headers }: IncomingMessage, key: string | undefined): boolean {
  if (key === undefined) return true
  const given = Buffer.from(String(headers[SIM_KEY_HEADER] ?? ''))
  const wanted = Buffer.from(key)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** The answer to a control without the key. */
export const NO_KEY = { error: `send the sim_key of sandbox.json as ${SIM_KEY_HEADER}` }
