import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { anApp } from '../../support/an-app.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeEach(async () => {
  database = await aDatabase()
  ;({ app } = await anApp(database.db))
})
afterEach(async () => {
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
  expect(await times(20, () => register('192.0.2.1'))).toBe(201)

  const refused = await register('192.0.2.1')

  expect(refused.statusCode).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500)
  expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' })
  expect((await register('192.0.2.2')).statusCode).toBe(201)
})

test('the 121st token request of a network within a minute is refused', async () => {
  const ask = () => app.inject({ method: 'POST', url: '/oauth/token', remoteAddress: '192.0.2.1', headers })

  expect(await times(120, ask)).toBe(400)
  expect((await ask()).statusCode).toBe(429)
})

test('the 61st authorization of a network within a minute is refused on a page', async () => {
  const ask = () =>
    app.inject({
      url: '/oauth/authorize',
      remoteAddress: '192.0.2.1',
      headers: { ...headers, accept: 'text/html' },
    })

  expect(await times(60, ask)).toBe(400)
  const refused = await ask()
  expect(refused.statusCode).toBe(429)
  expect(refused.body).toContain('Too many requests')
})

test('with https the cookies of a request are Secure and their names have prefixes', async () => {
  const { client_id } = (await register('192.0.2.1')).json<{ client_id: string }>()
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
