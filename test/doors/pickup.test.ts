import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aPickupMarket, errorOf, type PickupMarket } from '../support/a-pickup.ts'
import { errorIn } from '../support/mcp-clients.ts'

const MINUTE_MS = 60_000

let market: PickupMarket
let ann: Awaited<ReturnType<PickupMarket['person']>>
beforeAll(async () => {
  market = await aPickupMarket()
})
beforeEach(async () => {
  ann = await market.person()
})
afterAll(() => market.close())

describe('an answer with a pickup', () => {
  test('an answer with a pickup has a link and two commands instead of the keys', async () => {
    const answer = await ann.setUp()

    const { url, expires_at, commands } = answer.pickup
    expect(answer).not.toHaveProperty('auth_json')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/pickup\/[\w-]{43}$/)
    expect(new Date(expires_at).getTime() - market.clock.at.getTime()).toBe(15 * MINUTE_MS)
    expect(commands).toEqual([
      `test ! -e auth.json && (umask 077 && curl -fsS -X POST -o auth.json '${url}')`,
      "composer show --available --no-cache --no-interaction 'packagento-reserved/*'",
    ])
    expect(answer.next_step).toMatch(/^Run the first of pickup\.commands/)
  })

  test('no command of a pickup pipes text into a shell', async () => {
    const { pickup } = await ann.setUp()

    for (const command of pickup.commands) expect(command).not.toMatch(/\||`|\$\(|\bsh\b|eval/)
  })

  test('a pickup link returns the keys of the project once', async () => {
    const { project, pickup } = await ann.setUp()

    const fetched = await market.post(pickup.url)

    expect(fetched.statusCode).toBe(200)
    expect(fetched.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(await market.opens(fetched.json())).toMatchObject({ project })
    const again = await market.post(pickup.url)
    expect(again.statusCode).toBe(410)
    expect(again.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(errorOf(again)).toMatchObject({
      code: 'pickup_used',
      next_step: expect.stringContaining('create_project_token'),
    })
  })

  test.for(['create_project_token', 'rotate_project_token'])(
    'the tool %s can return a pickup link, too',
    async (tool) => {
      const { project } = await ann.setUp({ credentials: 'inline' })
      const created = await ann.ask('create_project_token', { project, label: 'one', credentials: 'pickup' })
      const asked = { project, label: 'two' }
      const input = tool === 'create_project_token' ? asked : { token: created.token }

      const answer = await ann.ask(tool, { ...input, credentials: 'pickup' })

      expect(answer).not.toHaveProperty('auth_json')
      expect(await market.opens((await market.post(answer.pickup.url)).json())).toMatchObject({ project })
    },
  )

  test.for([{}, { credentials: 'inline' }])('with the input %o the keys are in the answer', async (how) => {
    const answer = await ann.ask('setup_project', { name: 'Shop', ...how })

    expect(answer).toHaveProperty('auth_json')
    expect(answer).not.toHaveProperty('pickup')
  })

  test('a value of credentials other than inline and pickup is refused', async () => {
    const answer = await ann.client.call('setup_project', { name: 'Shop', credentials: 'mail' })

    expect(errorIn(answer)).toMatchObject({ code: 'invalid_input', field: 'credentials' })
  })
})

describe('opening the link', () => {
  test.for(['GET', 'HEAD'] as const)('a %s does not use a pickup link up', async (method) => {
    const { pickup } = await ann.setUp()

    const url = new URL(pickup.url).pathname
    const page = await market.app.inject({ method, url, headers: { host: '127.0.0.1:3000' } })

    expect(page.statusCode).toBe(200)
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(page.body).not.toContain('psk_')
    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test('the page of a pickup link explains what the link is for', async () => {
    const { pickup } = await ann.setUp()

    expect((await market.get(pickup.url)).body).toContain('This link is for a command')
  })

  test.for([
    ['a form of another site', { origin: 'https://evil.example' }],
    ['another host name', { host: 'evil.example' }],
  ] as const)('%s does not use the link up', async ([, headers]) => {
    const { pickup } = await ann.setUp()

    expect((await market.post(pickup.url, headers)).statusCode).toBe(403)
    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test.for(['A'.repeat(43), 'short', '%00', `${'A'.repeat(43)}a`])(
    'the pickup link %s is unknown',
    async (link) => {
      const answer = await market.post(`http://127.0.0.1:3000/pickup/${link}`)

      expect(answer.statusCode).toBe(404)
      expect(errorOf(answer)).toMatchObject({ code: 'pickup_not_found' })
    },
  )

  test('exactly one of ten callers at the same time gets the keys', async () => {
    const { pickup } = await ann.setUp()

    const answers = await Promise.all(Array.from({ length: 10 }, () => market.post(pickup.url)))

    const codes = answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)
    expect(codes).toEqual([200, ...Array.from({ length: 9 }, () => 410)])
  })

  test('a pickup link works until its last millisecond and not after it', async () => {
    const first = await ann.setUp()
    market.after(1)
    const second = await ann.setUp({ name: 'Another shop' })
    market.after(15 * MINUTE_MS - 2)
    expect((await market.post(first.pickup.url)).statusCode).toBe(200)
    market.after(2)

    const late = await market.post(second.pickup.url)

    expect(late.statusCode).toBe(410)
    expect(errorOf(late)).toMatchObject({
      code: 'pickup_expired',
      next_step: expect.stringContaining(`get_operation with operation_id ${await ann.lastOperation()}`),
    })
  })

  test('a pickup link still works after a failure on our side', async () => {
    const { pickup } = await ann.setUp()
    await market.db
      .updateTable('one_time_secrets')
      .set({ key_id: sql`'x' || key_id` })
      .execute()
    expect((await market.post(pickup.url)).statusCode).toBe(500)
    await market.db
      .updateTable('one_time_secrets')
      .set({ key_id: sql`substr(key_id, 2)` })
      .execute()

    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })
})
