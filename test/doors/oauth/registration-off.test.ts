import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveClient, saveClientDocument } from '#domain/connections'
import { anApp } from '../../support/an-app.ts'
import { aDatabase } from '../../support/database.ts'

const DOCUMENT = 'https://client.example/metadata.json'
const REDIRECT = 'https://client.example/cb'
const headers = { host: 'market.example' }

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase()
  const publicFetch = async () => Response.json(ofClient(DOCUMENT))
  ;({ app } = await anApp(database.db, { mayRegister: false, publicFetch }))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const ofClient = (client_id: string) => ({
  client_id,
  client_name: 'A client',
  redirect_uris: [REDIRECT],
  token_endpoint_auth_method: 'none',
})
/** Where the browser is sent after an authorization request of this client. */
async function authorized(client_id: string) {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const { headers: answer } = await app.inject({ url: `/oauth/authorize?${query.toString()}`, headers })
  return answer.location
}

test('with registration switched off, the metadata does not name its endpoint', async () => {
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    const said = (await app.inject({ url: `/.well-known/${name}`, headers })).json<object>()

    expect(said).not.toHaveProperty('registration_endpoint')
    expect(said).toMatchObject({ client_id_metadata_document_supported: true })
  }
})

test('with registration switched off, a registration is refused as JSON, and nothing is stored', async () => {
  const payload = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }

  const answer = await app.inject({ method: 'POST', url: '/oauth/register', headers, payload })

  expect(answer.statusCode).toBe(403)
  expect(answer.headers['content-type']).toContain('application/json')
  expect(answer.json()).toEqual({
    error: 'access_denied',
    error_description: expect.stringContaining('metadata document') as string,
  })
  expect(await database.db.selectFrom('oauth_clients').select('client_id').execute()).toEqual([])
})

test('with registration switched off, documents and earlier registrations can still be connected', async () => {
  const id = `pkgc_${randomBytes(16).toString('base64url')}`
  await saveClient(database.db, { id, metadata: ofClient(id), secret: undefined }, new Date())
  await saveClientDocument(
    database.db,
    { url: DOCUMENT, body: JSON.stringify(ofClient(DOCUMENT)), redirectUris: [REDIRECT] },
    new Date(),
  )

  expect(await authorized(id)).toMatch(/^\/connect\//)
  expect(await authorized(DOCUMENT)).toMatch(/^\/connect\//)
})
