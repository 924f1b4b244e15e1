import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { grantConnection } from '#domain/connections'
import { aDevice, atDeviceConsent, atDevicePage, DEVICE_CLIENT } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer, postForm } from '../../support/an-oauth-server.ts'
import { connections, pageOf } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())
beforeEach(() => market.db.deleteFrom('attempts').execute())

const expire = () =>
  market.db
    .updateTable('oauth_artifacts')
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where('model', '=', 'DeviceCode')
    .execute()

describe('a program without a browser', () => {
  test('a device finds the endpoint in the metadata, gets a code, and after the consent a token', async () => {
    const { clientId, asked, code, poll } = await aDevice(market, { scope: 'read projects' })
    expect(asked.status).toBe(200)
    expect(asked.said).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/) as string,
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/) as string,
      verification_uri: `${market.publicUrl}/device`,
      expires_in: 600,
      interval: 5,
    })
    const waiting = await poll()

    const person = await atDeviceConsent(market, ` ${code.toLowerCase().replace('-', ' ')} `)
    const allowed = await person.allows()
    const { status, said } = await poll()

    expect([waiting.status, waiting.said.error]).toEqual([400, 'authorization_pending'])
    for (const words of ['Remote shell', 'unverified name', code, '127.0.0.*', 'on your own machine'])
      expect(person.page.body).toContain(words)
    expect(allowed.body).toContain('Remote shell is connected')
    expect([status, said.scope, said.token_type]).toEqual([200, 'read projects', 'Bearer'])
    expect((await market.call(said.access_token ?? '', 'whoami')).text).toContain('buyer@example.test')
    expect((await market.refresh(clientId, said.refresh_token ?? '')).status).toBe(200)
  })

  test('the metadata names the endpoint and the grant type', async () => {
    const answer = await fetch(`${market.publicUrl}/.well-known/oauth-authorization-server`)
    const said = (await answer.json()) as Record<string, string[]>

    expect(said.device_authorization_endpoint).toBe(`${market.publicUrl}/oauth/device_authorization`)
    expect(said.grant_types_supported).toContain('urn:ietf:params:oauth:grant-type:device_code')
  })

  test('a client that did not register the grant type gets no code', async () => {
    const { asked } = await aDevice(market, {
      metadata: {
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/cb'],
      },
    })

    expect([asked.status, asked.said.error]).toEqual([400, 'invalid_request'])
  })

  test('a poll that comes too early is told to slow down, and has to wait longer from then on', async () => {
    const { poll } = await aDevice(market)
    const pollAfter = async (seconds: number) => {
      const polled_at = new Date(Date.now() - seconds * 1_000)
      await market.db
        .updateTable('oauth_artifacts')
        .set({ polled_at })
        .where('polled_at', 'is not', null)
        .execute()
      return (await poll({ isPatient: false })).said.error
    }

    const first = (await poll({ isPatient: false })).said.error
    const answers = [await pollAfter(3), await pollAfter(6), await pollAfter(14.5)]

    expect([first, ...answers]).toEqual([
      'authorization_pending',
      'slow_down',
      'slow_down',
      'authorization_pending',
    ])
  })

  test('a request that a person denied ends with access_denied and connects nothing', async () => {
    const { clientId, code, poll } = await aDevice(market)
    const person = await atDeviceConsent(market, code)

    const denied = await person.denies()
    const again = await person.allows()

    expect(denied.body).toContain('is not connected')
    expect(again.status).toBe(400)
    expect((await poll()).said.error).toBe('access_denied')
    expect(await connections(market, clientId)).toEqual([])
    const events = await market.db.selectFrom('audit_events').select('body').execute()
    expect(events.map(({ body }) => JSON.parse(body) as object)).toContainEqual(
      expect.objectContaining({ action: 'refuse_connection', client: clientId }),
    )
  })

  test('a code that is over gives no token, and the page says it is not valid', async () => {
    const { clientId, code, poll } = await aDevice(market)
    const person = await atDeviceConsent(market, code)
    await expire()

    const allowed = await person.allows()
    const { types } = await atDevicePage(market)

    expect([allowed.status, (await types(code)).status]).toEqual([422, 422])
    expect((await poll()).said.error).toBe('expired_token')
    expect(await connections(market, clientId)).toEqual([])
  })

  test('a device code works once, and its second use ends the connection', async () => {
    const { clientId, code, poll } = await aDevice(market)
    await (await atDeviceConsent(market, code)).allows()

    const first = await poll()
    const second = await poll()

    expect([first.status, second.status, second.said.error]).toEqual([200, 400, 'invalid_grant'])
    expect(await market.statusOf(first.said.access_token ?? '')).toBe(401)
    expect(await market.connectionOf(clientId)).toMatchObject({ revoke_reason: 'code_replayed' })
  })

  test('polls at the same time get one token together', async () => {
    const { code, poll } = await aDevice(market)
    await (await atDeviceConsent(market, code)).allows()

    const answers = await Promise.all(Array.from({ length: 10 }, () => poll({ isPatient: false })))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const token = answers.find(({ status }) => status === 200)?.said.access_token ?? ''
    expect(await market.statusOf(token)).toBe(200)
  })

  test('another client cannot fetch the token', async () => {
    const { code, poll } = await aDevice(market)
    const client = await market.aClient(DEVICE_CLIENT)
    await (await atDeviceConsent(market, code)).allows()

    expect((await poll({ client })).said.error).toBe('invalid_grant')
    expect((await poll()).status).toBe(200)
  })
})

describe('what a device gets', () => {
  test.for([
    [
      'asked for everything and a forged form',
      'read projects buy publish team',
      ['buy', 'projects', 'admin'],
      'read projects',
    ],
    ['asked only for buy', 'buy', ['buy', 'projects', 'team'], 'read'],
    ['asked for nothing', undefined, ['buy', 'projects', 'publish', 'team'], 'read projects publish team'],
    ['asked for less than the form says', 'read team', ['team', 'publish'], 'read team'],
  ] as const)(
    'a device that %s never gets buy, nor what it did not ask for',
    async ([, scope, ticked, granted]) => {
      const { clientId, code, poll } = await aDevice(market, { ...(scope && { scope }) })
      const person = await atDeviceConsent(market, code)

      await person.allows({ scope: [...ticked] })
      const { said } = await poll()

      expect(person.page.body).not.toContain('value="buy"')
      expect(said.scope).toBe(granted)
      expect(await connections(market, clientId)).toMatchObject([{ scopes: granted.split(' ') }])
    },
  )

  test('the action that connects a device leaves out buy, whoever calls it', async () => {
    const { clientId, deviceCode, poll } = await aDevice(market, { scope: 'read buy' })

    await grantConnection(market.db, {
      asked: { model: 'DeviceCode', id: deviceCode },
      customer: market.market.person('buyer'),
      org: 'acme-retail',
      clientId,
      clientName: 'Remote shell',
      clientHost: undefined,
      redirectHost: undefined,
      scopes: ['read', 'buy', 'projects'],
      spending: { limits: [], vendors: 'all', subscriptions: true },
      request: 'req_test',
      at: new Date(),
    })

    expect((await poll()).said.scope).toBe('read projects')
    expect(await connections(market, clientId)).toMatchObject([{ granted_scopes: ['read', 'projects'] }])
  })

  test('the boxes for publishing and for the team are not ticked in advance', async () => {
    const { code, poll } = await aDevice(market, { scope: 'read projects buy publish team' })

    await (await atDeviceConsent(market, code)).allows()

    expect((await poll()).said.scope).toBe('read projects')
  })

  test('a connection of a device is audited, mailed once and listed, and a person can end it', async () => {
    const { clientId, code, poll } = await aDevice(market)
    const person = await atDeviceConsent(market, code)

    await Promise.all([person.allows(), person.allows()])
    const { said } = await poll()
    const [connection] = await connections(market, clientId)

    const mails = market.db
      .selectFrom('mails')
      .select('to_address')
      .where('key', '=', `new_connection:${connection?.id}`)
    expect(await mails.execute()).toEqual([{ to_address: 'buyer@example.test' }])
    const events = await market.db.selectFrom('audit_events').select('body').execute()
    const about = events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(about.filter(({ object }) => object === connection?.id)).toMatchObject([
      { action: 'connect', outcome: 'done', detail: { device: true } },
    ])
    const page = pageOf(await person.browser.open('/account/integrations'))
    const settings = pageOf(await person.browser.open(`/account/integrations/${connection?.id}`))
    const ticked = await person.browser.submit(settings, /\/scopes$/, { scope: ['projects', 'buy'] })
    expect(pageOf(ticked).body).toContain('An application that was connected by a code may not buy.')
    expect(
      await market.db.selectFrom('connections').select('scopes').where('is_device', '=', true).execute(),
    ).not.toContainEqual({ scopes: expect.arrayContaining(['buy']) })
    expect(page.body).toContain('Remote shell')
    await postForm(market.server.revocation_endpoint, {
      client_id: clientId,
      token: said.refresh_token ?? '',
    })
    expect(await market.statusOf(said.access_token ?? '')).toBe(401)
  })
})
