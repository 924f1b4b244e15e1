import { scriptedBrowser, type ScriptedBrowser } from '../sandbox/browser.ts'
import { signedInAt } from '../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../sandbox/seed/cast.ts'
import { aConnection, modern } from '../test/support/mcp.ts'
import type { Db } from '#platform/database'
import type { Child } from './child.ts'
import type { BenchMarket } from './market.ts'

const TIMES = 50
const BUYER = { email: 'buyer@example.test', password: SANDBOX_PASSWORD }

export interface Measured {
  db: Db
  market: BenchMarket
  ours: Child
  /** Starts another of our servers on the same database. */
  start: (given?: { port?: number }) => Promise<Child>
}

/**
 * A person disconnects an assistant on the page of one process while it calls another process. Returns how long after
 * the form was sent the first call was refused.
 */
export async function measureRevocation({ db, market, ours, start }: Measured): Promise<string[]> {
  const other = await start()
  const browser = scriptedBrowser(ours.origin)
  await signedInAt(browser, '/account/integrations', BUYER)
  const all: Revocation[] = []
  for (let i = 0; i < TIMES; i++) {
    const { connection, token } = await aConnection(db, market.owner)
    all.push(await revoked(browser, { origin: ours.origin, connection, called: other.origin, token }))
  }
  const ms = all.map(({ refusedAfter }) => refusedAfter).sort((a, b) => a - b)
  const late = all.reduce((sum, { acceptedLate }) => sum + acceptedLate, 0)
  const median = ms[Math.floor(ms.length / 2)] ?? NaN
  return [
    `median ${median.toFixed(1)} ms, max ${ms.at(-1)?.toFixed(1)} ms from the form to the first refusal, of ${TIMES}`,
    `${late} calls were accepted that began after the answer of the form`,
  ]
}

interface Revocation {
  /** ms from sending the form to the first refused call. */
  refusedAfter: number
  /** Calls that began after the page had answered, and that were not refused. */
  acceptedLate: number
}

async function revoked(
  browser: ScriptedBrowser,
  {
    origin,
    connection,
    called,
    token,
  }: { origin: string; connection: string; called: string; token: string },
): Promise<Revocation> {
  const path = `/account/integrations/${connection}/revoke`
  const page = await browser.open(path)
  const csrf = 'body' in page ? /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1] : undefined
  if (!csrf) throw new Error(`${path} has no form`)
  await assertAccepted(called, token)
  const begun = performance.now()
  const answered = fetch(origin + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ _csrf: csrf }),
    headers: { cookie: browser.cookiesFor(path), 'sec-fetch-site': 'same-origin' },
  }).then(({ status }) => {
    if (status !== 303) throw new Error(`${path} answered ${status}`)
    return performance.now()
  })
  const accepted: number[] = []
  for (;;) {
    const at = performance.now()
    if ((await statusOf(called, token)) === 401) break
    accepted.push(at)
  }
  const refusedAfter = performance.now() - begun
  const answeredAt = await answered
  return { refusedAfter, acceptedLate: accepted.filter((at) => at > answeredAt).length }
}

async function assertAccepted(origin: string, token: string): Promise<void> {
  const status = await statusOf(origin, token)
  if (status !== 200) throw new Error(`a live connection got ${status}`)
}

export async function statusOf(origin: string, token: string): Promise<number> {
  const { body, headers } = modern('tools/call', { name: 'whoami', arguments: {} })
  const answer = await fetch(`${origin}/mcp`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      ...(headers as Record<string, string>),
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
  })
  await answer.text()
  return answer.status
}
