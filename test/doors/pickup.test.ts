import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { hashOfPrivateKey, projectOfKeys } from '#domain/projects'
import { auditOf } from '../support/a-member.ts'
import { aPickupMarket, type Offered, type PickupMarket } from '../support/a-pickup.ts'
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

const setUp = (more: object = {}) =>
  ann.ask('setup_project', { name: 'Shop', credentials: 'pickup', ...more })
const lastOperation = async () => {
  const { items } = await ann.ask('list_operations', { limit: 1 })
  return (items as { operation_id: string }[])[0]?.operation_id
}
const errorOf = (answer: { json: () => { error: Record<string, string> } }) => answer.json().error
const after = (ms: number) => (market.clock.at = new Date(market.clock.at.getTime() + ms))

/** The project that Composer can read with the fetched keys. */
function opens(authJson: { 'http-basic': Record<string, { username: string; password: string }> }) {
  const { username = '', password = '' } = authJson['http-basic']['127.0.0.1:3000'] ?? {}
  const privateKeyHash = hashOfPrivateKey(password)
  return projectOfKeys(market.db, { publicKey: username, privateKeyHash, at: new Date() })
}

describe('an answer with a pickup', () => {
  test('the answer has a link and two commands in place of the keys', async () => {
    const answer = await setUp()

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

  test('no command sends anything into a shell', async () => {
    const { pickup } = await setUp()

    for (const command of pickup.commands) expect(command).not.toMatch(/\||`|\$\(|\bsh\b|eval/)
  })

  test('the link returns the keys of the project once', async () => {
    const { project, pickup } = await setUp()

    const fetched = await market.post(pickup.url)

    expect(fetched.statusCode).toBe(200)
    expect(fetched.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(await opens(fetched.json())).toMatchObject({ project })
    const again = await market.post(pickup.url)
    expect(again.statusCode).toBe(410)
    expect(again.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(errorOf(again)).toMatchObject({
      code: 'pickup_used',
      next_step: expect.stringContaining('create_project_token'),
    })
  })

  test.for(['create_project_token', 'rotate_project_token'])('%s can give a link, too', async (tool) => {
    const { project } = await setUp({ credentials: 'inline' })
    const created = await ann.ask('create_project_token', { project, label: 'one', credentials: 'pickup' })
    const asked = { project, label: 'two' }
    const input = tool === 'create_project_token' ? asked : { token: created.token }

    const answer = await ann.ask(tool, { ...input, credentials: 'pickup' })

    expect(answer).not.toHaveProperty('auth_json')
    expect(await opens((await market.post(answer.pickup.url)).json())).toMatchObject({ project })
  })

  test.for([{}, { credentials: 'inline' }])('with %o the keys are in the answer', async (how) => {
    const answer = await ann.ask('setup_project', { name: 'Shop', ...how })

    expect(answer).toHaveProperty('auth_json')
    expect(answer).not.toHaveProperty('pickup')
  })

  test('other words than inline and pickup are refused', async () => {
    const answer = await ann.client.call('setup_project', { name: 'Shop', credentials: 'mail' })

    expect(errorIn(answer)).toMatchObject({ code: 'invalid_input', field: 'credentials' })
  })
})

describe('opening the link', () => {
  test.for(['GET', 'HEAD'] as const)('a %s does not use the link up', async (method) => {
    const { pickup } = await setUp()

    const url = new URL(pickup.url).pathname
    const page = await market.app.inject({ method, url, headers: { host: '127.0.0.1:3000' } })

    expect(page.statusCode).toBe(200)
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(page.body).not.toContain('psk_')
    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test('the page explains what the link is for', async () => {
    const { pickup } = await setUp()

    expect((await market.get(pickup.url)).body).toContain('This link is for a command')
  })

  test.for([
    ['a form of another site', { origin: 'https://evil.example' }],
    ['another host name', { host: 'evil.example' }],
  ] as const)('%s does not use the link up', async ([, headers]) => {
    const { pickup } = await setUp()

    expect((await market.post(pickup.url, headers)).statusCode).toBe(403)
    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test.for(['A'.repeat(43), 'short', '%00', `${'A'.repeat(43)}a`])('the link %s is unknown', async (link) => {
    const answer = await market.post(`http://127.0.0.1:3000/pickup/${link}`)

    expect(answer.statusCode).toBe(404)
    expect(errorOf(answer)).toMatchObject({ code: 'pickup_not_found' })
  })

  test('of ten callers at once exactly one gets the keys', async () => {
    const { pickup } = await setUp()

    const answers = await Promise.all(Array.from({ length: 10 }, () => market.post(pickup.url)))

    const codes = answers.map(({ statusCode }) => statusCode).toSorted()
    expect(codes).toEqual([200, ...Array.from({ length: 9 }, () => 410)])
  })

  test('a link works until its last millisecond and not after it', async () => {
    const first = await setUp()
    after(1)
    const second = await setUp()
    after(15 * MINUTE_MS - 2)
    expect((await market.post(first.pickup.url)).statusCode).toBe(200)
    after(2)

    const late = await market.post(second.pickup.url)

    expect(late.statusCode).toBe(410)
    expect(errorOf(late)).toMatchObject({
      code: 'pickup_expired',
      next_step: expect.stringContaining(`get_operation with operation_id ${await lastOperation()}`),
    })
  })

  test('the link still works after a failure on our side', async () => {
    const { pickup } = await setUp()
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

describe('a person who lost the right meanwhile', () => {
  const refusedAfter = async (change: (offered: Offered) => Promise<unknown>) => {
    const offered = await setUp()
    await change(offered)
    const answer = await market.post(offered.pickup.url)
    return { status: answer.statusCode, code: errorOf(answer).code, body: answer.body }
  }

  test('after the connection is revoked the link gives nothing', async () => {
    const at = new Date()
    const refused = await refusedAfter(() =>
      revokeConnection(market.db, { id: ann.connection, reason: 'x', at }),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
    expect(refused.body).not.toContain('psk_')
  })

  test.for(['billing', 'viewer'] as const)('the role %s gets nothing by a link', async (role) => {
    const refused = await refusedAfter(() =>
      market.db.updateTable('org_members').set({ role }).where('customer_id', '=', ann.customer).execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test.for(['owner', 'admin', 'developer'] as const)('the role %s gets the keys by a link', async (role) => {
    const { pickup } = await setUp()
    await market.db.updateTable('org_members').set({ role }).where('customer_id', '=', ann.customer).execute()

    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test('a person who left the org gets nothing', async () => {
    const refused = await refusedAfter(() =>
      market.db.deleteFrom('org_members').where('customer_id', '=', ann.customer).execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('a disabled person gets nothing', async () => {
    const refused = await refusedAfter(() =>
      market.db
        .updateTable('customers')
        .set({ disabled_at: new Date() })
        .where('id', '=', ann.customer)
        .execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('a connection without the scope projects gets nothing', async () => {
    const refused = await refusedAfter(() =>
      market.db
        .updateTable('connections')
        .set({ scopes: ['read'] })
        .where('id', '=', ann.connection)
        .execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('the refusal is audited, and the link works again when the right is back', async () => {
    const { pickup } = await setUp()
    const role = (to: 'viewer' | 'owner') =>
      market.db.updateTable('org_members').set({ role: to }).where('customer_id', '=', ann.customer).execute()
    await role('viewer')
    await market.post(pickup.url)
    await role('owner')

    expect((await market.post(pickup.url)).statusCode).toBe(200)
    expect(await auditOf(market.db, ann.org.id)).toContainEqual(
      expect.objectContaining({
        action: 'pick_up_auth_json',
        outcome: 'refused',
        code: 'pickup_not_allowed',
        connection: ann.connection,
      }),
    )
  })

  test('the keys of a revoked token are gone', async () => {
    const { project } = await setUp({ credentials: 'inline' })
    const { token, pickup } = await ann.ask('create_project_token', {
      project,
      label: 'a',
      credentials: 'pickup',
    })
    await ann.ask('revoke_project_token', { token })

    const answer = await market.post(pickup.url)

    expect([answer.statusCode, errorOf(answer).code]).toEqual([410, 'pickup_keys_gone'])
  })
})

describe('a repeated call', () => {
  const key = { idempotency_key: 'a-pickup-0001' }

  test('a repeat gives a new link, and the old one no longer works', async () => {
    const first = await setUp(key)

    const again = await setUp(key)

    expect(again).toMatchObject({ project: first.project, replayed: true })
    expect(again).not.toHaveProperty('auth_json')
    const old = await market.post(first.pickup.url)
    expect([old.statusCode, errorOf(old).code]).toEqual([410, 'pickup_replaced'])
    expect((await market.post(again.pickup.url)).statusCode).toBe(200)
  })

  test('after the pickup a repeat has neither keys nor a link, and says when they were fetched', async () => {
    const { pickup } = await setUp(key)
    await market.post(pickup.url)

    const again = await setUp(key)

    expect(again).not.toHaveProperty('auth_json')
    expect(again).not.toHaveProperty('pickup')
    expect(again.next_step).toContain(`auth.json was fetched at ${market.clock.at.toISOString()}`)
  })

  test('repeats at the same time leave one link that works', async () => {
    await setUp(key)
    const answers = await Promise.all(Array.from({ length: 5 }, () => setUp(key)))

    const fetched: number[] = []
    for (const { pickup } of answers) fetched.push((await market.post(pickup.url)).statusCode)

    expect(fetched.filter((status) => status === 200)).toHaveLength(1)
  })

  test('a key stands for one way to get the credentials', async () => {
    await setUp(key)
    const inline = await ann.client.call('setup_project', { name: 'Shop', ...key, credentials: 'inline' })

    expect(errorIn(inline)).toMatchObject({ code: 'idempotency_key_reused' })
  })

  test('a repeat that says inline is the same as one that says nothing', async () => {
    const other = { name: 'Shop', idempotency_key: 'a-pickup-0002' }
    await ann.ask('setup_project', other)

    expect(await ann.ask('setup_project', { ...other, credentials: 'inline' })).toMatchObject({
      replayed: true,
    })
  })

  test('get_operation gives a new link for a day and never the keys', async () => {
    await setUp()
    const operation_id = await lastOperation()
    after(24 * 60 * MINUTE_MS - 5 * MINUTE_MS)
    const { result } = (await ann.ask('get_operation', { operation_id })) as unknown as { result: Offered }

    expect(result).not.toHaveProperty('auth_json')
    // the link ends with the keys
    expect(new Date(result.pickup.expires_at).getTime() - market.clock.at.getTime()).toBe(5 * MINUTE_MS)
    after(5 * MINUTE_MS)
    const gone = await ann.ask('get_operation', { operation_id })
    expect(JSON.stringify(gone)).not.toMatch(/psk_|\/pickup\//)
    const late = await market.post(result.pickup.url)
    expect([late.statusCode, errorOf(late).code]).toEqual([410, 'pickup_keys_gone'])
  })

  test('another connection of the same person gets no link', async () => {
    await setUp()
    const operation_id = await lastOperation()
    const other = await market.connects(ann)

    const seen = await other.ask('get_operation', { operation_id })

    expect(JSON.stringify(seen)).not.toMatch(/psk_|\/pickup\//)
  })
})

describe('the transcript', () => {
  test('no private key and no link is in an answer, the log, the audit log or a row', async () => {
    const answers = [await setUp({ idempotency_key: 'a-pickup-0003' })]
    const operation_id = await lastOperation()
    answers.push(await ann.ask('get_operation', { operation_id }))
    const newest = (answers[1] as unknown as { result: Offered }).result.pickup.url
    const fetched = await market.post(newest)
    await market.post(newest)
    await market.get(newest)
    answers.push(await ann.ask('get_operation', { operation_id }))
    const key = /psk_([\w-]{43})/.exec(fetched.body)?.[1] ?? ''
    const links = answers.flatMap((answer) => JSON.stringify(answer).match(/(?<=\/pickup\/)[\w-]{43}/g) ?? [])
    market.door.logged()

    expect(key).toHaveLength(43)
    expect(links.length).toBeGreaterThan(2)
    expect(JSON.stringify(answers)).not.toContain(key)
    const rows = await everyRow()
    for (const secret of [key, ...links]) {
      expect(market.logged()).not.toContain(secret)
      expect(rows).not.toContain(secret)
      expect(rows).not.toContain(Buffer.from(secret).toString('hex'))
    }
    expect(market.logged()).toContain('/pickup/:link')
  })

  test('the audit log has the offer and the reveal with the connection', async () => {
    const { pickup } = await setUp()
    await market.post(pickup.url)

    const events = await auditOf(market.db, ann.org.id)
    const shared = { customer: ann.customer, connection: ann.connection, outcome: 'done' }
    const request = expect.stringMatching(/^(req_|.)/)
    expect(events.slice(-2)).toEqual([
      expect.objectContaining({ action: 'offer_auth_json', ...shared, request }),
      expect.objectContaining({
        action: 'pick_up_auth_json',
        ...shared,
        request,
        object: expect.any(String),
      }),
    ])
  })
})

/** Every row of every table as text. */
async function everyRow(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(market.db)
  const texts: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} as t`.execute(
      market.db,
    )
    texts.push(...rows.map(({ row }) => row))
  }
  return texts.join('\n')
}
