import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { guardedServer, mayControl, NO_KEY } from '../guard.ts'
import { listening } from '../listening.ts'
import { doWhatIsDue } from './due.ts'
import { StripeRefusal } from './errors.ts'
import { faultsOf } from './faults.ts'
import { holdsOf } from './holds.ts'
import { pageOf } from './page.ts'
import { handlePage } from './pages.ts'
import { bodyOf } from './request-body.ts'
import { checksOf, loadSchemas } from './schemas.ts'
import { handleApi } from './server.ts'
import { handleSim, type Sim } from './sim.ts'
import { openStore, type StoreOptions } from './store.ts'
import { webhooksOf } from './webhooks.ts'

export interface StripeOptions extends StoreOptions {
  /** The preferred port. A free one is used when it is absent or taken. */
  port?: number
  /** Folder of the generated schemas. */
  schemaCache: string
  /** The key that `/_sim` wants. Without one, it wants none. */
  simKey?: string
  /** An endpoint that gets all events, besides the registered ones. */
  webhook?: { url: string; secret: string }
}

export interface StripeStandIn {
  url: string
  port: number
  stop: () => Promise<void>
}

/** Starts a stand-in for Stripe on the loopback address, for the real SDK. It moves no real money. */
export async function startStripe({
  port = 0,
  schemaCache,
  webhook,
  simKey,
  ...options
}: StripeOptions): Promise<StripeStandIn> {
  const schemas = await loadSchemas(schemaCache)
  const store = openStore(options)
  const webhooks = webhooksOf(store, schemas.apiVersion, webhook)
  const sim: Sim = {
    store,
    webhooks,
    bank: { store, announce: webhooks.announce, forced: undefined, origin: '' },
    routes: schemas.routes,
    checks: checksOf(schemas),
    faults: faultsOf(),
    holds: holdsOf(),
    inFlight: new Set(),
    requests: [],
    violations: [],
  }
  const server = guardedServer(
    (request, response) => handle(sim, simKey, request, response),
    (e, response) => {
      console.error('the Stripe stand-in failed', e)
      response.destroy()
    },
  )
  const clock = setInterval(() => {
    doWhatIsDue(sim.bank)
    void webhooks.retryDue()
  }, 500)
  const bound = await listening(server, port)
  sim.bank.origin = `http://127.0.0.1:${bound}`
  return {
    url: sim.bank.origin,
    port: bound,
    async stop() {
      clearInterval(clock)
      sim.holds.giveUp()
      await webhooks.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function handle(
  sim: Sim,
  simKey: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname.startsWith('/v1/') || pathname.startsWith('/v2/')) return handleApi(sim, request, response)
  if (pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pageOf(sim.store))
    return
  }
  if (await handlePage(sim.bank, request, response)) return
  const answer = mayControl(request, simKey)
    ? await steer(sim, request, pathname)
    : { status: 403, body: NO_KEY }
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
}

async function steer(
  sim: Sim,
  request: IncomingMessage,
  path: string,
): Promise<{ status: number; body: object }> {
  try {
    const text = await bodyOf(request)
    const done = await handleSim(sim, request.method ?? 'GET', path, text ? JSON.parse(text) : {})
    return done ? { status: 200, body: done } : { status: 404, body: { error: `nothing at ${path}` } }
  } catch (e) {
    if (e instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(e) } }
    if (e instanceof StripeRefusal) return e
    if (e instanceof SyntaxError) return { status: 400, body: { error: 'the body is not JSON' } }
    throw e
  }
}
