import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aNewAddress } from '../../support/a-visitor.ts'
import { anApp } from '../../support/an-app.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase()
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const headers = { host: 'market.example' }
const register = (remoteAddress: string) =>
  app.inject({
    method: 'POST',
    url: '/oauth/register',
    remoteAddress,
    headers,
    payload: { redirect_uris: ['https://client.example/cb'], token_endpoint_auth_method: 'none' },
  })
const times = async (count: number, run: () => Promise<{ statusCode: number }>) => {
  for (let i = 0; i < count - 1; i++) await run()
  return (await run()).statusCode
}

test('the 21st registration of a network within an hour is refused, and another network may register', async () => {
  const busy = aNewAddress()
  expect(await times(20, () => register(busy))).toBe(201)

  const refused = await register(busy)

  expect(refused.statusCode).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500)
  expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' })
  expect((await register(aNewAddress())).statusCode).toBe(201)
})

/** How many requests of a network each endpoint of the metadata answers, and within how many seconds. */
const LIMITS: Record<string, { max: number; seconds: number; isPage?: true }> = {
  authorization_endpoint: { max: 60, seconds: 60, isPage: true },
  token_endpoint: { max: 120, seconds: 60 },
  revocation_endpoint: { max: 120, seconds: 60 },
  registration_endpoint: { max: 20, seconds: 3_600 },
  device_authorization_endpoint: { max: 20, seconds: 60 },
  jwks_uri: { max: 600, seconds: 60 },
}
const METADATA = '/.well-known/oauth-authorization-server'
/** A request that costs little and that the endpoint answers. */
const asksAt = (url: string, isGet: boolean, accept: string) => (remoteAddress: string) =>
  app.inject({
    method: isGet ? 'GET' : 'POST',
    url,
    remoteAddress,
    headers: { ...headers, accept, 'content-length': '0' },
  })

test('each endpoint of the metadata has a limit', async () => {
  const said = (await app.inject({ url: METADATA, headers })).json<Record<string, string>>()

  const named = Object.keys(said).filter((name) => /_(endpoint|uri)$/.test(name))
  expect(named.toSorted()).toEqual(Object.keys(LIMITS).toSorted())
})

test.for(Object.entries(LIMITS))(
  'the %s answers 429 with Retry-After beyond its limit, and another network goes on',
  async ([name, { max, seconds, isPage }]) => {
    const said = (await app.inject({ url: METADATA, headers })).json<Record<string, string>>()
    const { pathname } = new URL(said[name] ?? '')
    const ask = asksAt(pathname, name === 'jwks_uri' || Boolean(isPage), isPage ? 'text/html' : '*/*')

    const busy = aNewAddress()
    const last = await times(max, () => ask(busy))
    const refused = await ask(busy)
    const other = await ask(aNewAddress())

    expect([last, refused.statusCode, other.statusCode]).toEqual([other.statusCode, 429, last])
    expect(last).not.toBe(429)
    const wait = Number(refused.headers['retry-after'])
    expect(wait).toBeGreaterThan(seconds * 0.9)
    expect(wait).toBeLessThanOrEqual(seconds)
    expect(refused.body).toContain(isPage ? 'Too many requests' : '"error":"temporarily_unavailable"')
    expect(refused.headers['content-type']).toContain(isPage ? 'text/html' : 'application/json')
  },
)

test('a program that authorizes too often gets JSON', async () => {
  const ask = asksAt('/oauth/authorize', true, 'application/json')
  await times(60, () => ask('192.0.2.3'))

  const refused = await ask('192.0.2.3')

  expect(refused.json()).toMatchObject({ error: { code: 'temporarily_unavailable' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50)
})

test('the metadata of the server has a limit', async () => {
  const ask = asksAt(METADATA, true, '*/*')

  expect(await times(600, () => ask('192.0.2.4'))).toBe(200)
  const refused = await ask('192.0.2.4')
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, expect.any(String)])
})

test('with https the cookies of a request are Secure and their names have prefixes', async () => {
  const { client_id } = (await register(aNewAddress())).json<{ client_id: string }>()
  const query = new URLSearchParams({
    client_id,
    redirect_uri: 'https://client.example/cb',
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })

  const answer = await app.inject({ url: `/oauth/authorize?${query.toString()}`, headers })

  expect(answer.statusCode).toBe(303)
  expect(answer.headers.location).toMatch(/^\/connect\//)
  const cookies = answer.cookies.filter(({ name }) => !name.endsWith('.sig'))
  expect(cookies.map(({ name }) => name).toSorted()).toEqual(['__Secure-connect', '__Secure-resume'])
  for (const cookie of answer.cookies)
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'lax' })
})
