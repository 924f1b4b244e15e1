import { freePort } from '../sandbox/engines/process.ts'
import { scriptedBrowser } from '../sandbox/browser.ts'
import { connectAs, discover, register, type Server } from '../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../sandbox/seed/cast.ts'
import { type Measured, statusOf } from './revocation.ts'

const CONNECTIONS = 100
const EACH = 10
/** Each browser has an address of its own, because authorizations are limited by address. */
const BROWSERS = 4
const BUYER = { email: 'buyer@example.test', password: SANDBOX_PASSWORD }

interface Held {
  clientId: string
  refreshToken: string
}

interface Answer extends Held {
  status: number
  accessToken: string
  error: string
  ms: number
}

/**
 * 1,000 refreshes at once, 10 of each of 100 connections, over HTTP: every refresh token is presented by ten processes of
 * a client. Then each of the new tokens has to work, and there must still be 100 connections.
 */
export async function measureRefresh({ db, start }: Measured): Promise<string[]> {
  const { origin } = await start({ port: await freePort() })
  const server = await discover(`${origin}/mcp`)
  const held = await connected(server)
  const begun = performance.now()
  const first = await refreshedAtOnce(
    server,
    held.flatMap((one) => Array.from({ length: EACH }, () => one)),
  )
  const seconds = (performance.now() - begun) / 1000
  const works = await inTurns(first, ({ accessToken }) => statusOf(origin, accessToken))
  const next = await refreshedAtOnce(server, first)
  const live = await db
    .selectFrom('connections')
    .select((of) => of.fn.countAll().as('count'))
    .where(
      'client_id',
      'in',
      held.map(({ clientId }) => clientId),
    )
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  const refused = [...first, ...next].filter(({ status }) => status !== 200)
  const reasons = [...new Set(refused.map(({ status, error }) => `${status} ${error}`))]
  const count = (all: readonly { status: number }[]) => all.filter(({ status }) => status === 200).length
  const ms = first.map((answer) => answer.ms).sort((a, b) => a - b)
  const at = (part: number) => Math.round(ms[Math.floor(ms.length * part)] ?? NaN)
  return [
    `${count(first)} of ${first.length} refreshes at once got tokens, in ${seconds.toFixed(1)} s: ${Math.round(first.length / seconds)} a second, median ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    `${works.filter((status) => status === 200).length} of their access tokens work, and ${count(next)} of their refresh tokens`,
    ...(reasons.length ? [`the others: ${reasons.join(', ')}`] : []),
    `${String(live.count)} live connections of ${held.length} clients`,
  ]
}

async function connected(server: Server): Promise<Held[]> {
  const of = async (n: number) => {
    const headers = { 'x-forwarded-for': `10.9.0.${n}` }
    const browser = scriptedBrowser(server.issuer, headers)
    const all: Held[] = []
    for (let i = 0; i < CONNECTIONS / BROWSERS; i++) {
      const { client_id: clientId } = await register(server)
      const tokens = await connectAs({ server, clientId, person: BUYER, browser })
      all.push({ clientId, refreshToken: tokens.refresh_token })
    }
    return all
  }
  return (await Promise.all(Array.from({ length: BROWSERS }, (_, n) => of(n)))).flat()
}

const refreshedAtOnce = (server: Server, all: readonly Held[]): Promise<Answer[]> =>
  Promise.all(all.map((one) => refreshed(server, one)))

async function refreshed(server: Server, { clientId, refreshToken }: Held): Promise<Answer> {
  const begun = performance.now()
  const answer = await fetch(server.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: refreshToken,
    }),
  })
  const said = (await answer.json()) as Record<string, string | undefined>
  const ms = performance.now() - begun
  const { access_token: accessToken = '', refresh_token: newest = '', error = '' } = said
  return { clientId, refreshToken: newest, status: answer.status, accessToken, error, ms }
}

/** Sixteen at a time. */
async function inTurns<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < all.length; i += 16)
    results.push(...(await Promise.all(all.slice(i, i + 16).map((one) => run(one)))))
  return results
}
