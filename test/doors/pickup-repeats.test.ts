import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditOf } from '../support/a-member.ts'
import { aPickupMarket, errorOf, type Offered, type PickupMarket } from '../support/a-pickup.ts'
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

describe('a repeated call', () => {
  const key = { idempotency_key: 'a-pickup-0001' }

  test('a repeated call gives a new link, and the old link no longer works', async () => {
    const first = await ann.setUp(key)

    const again = await ann.setUp(key)

    expect(again).toMatchObject({ project: first.project, replayed: true })
    expect(again).not.toHaveProperty('auth_json')
    const old = await market.post(first.pickup.url)
    expect([old.statusCode, errorOf(old).code]).toEqual([410, 'pickup_replaced'])
    expect((await market.post(again.pickup.url)).statusCode).toBe(200)
  })

  test('after the pickup a repeated call has neither keys nor a link, and says when the keys were fetched', async () => {
    const { pickup } = await ann.setUp(key)
    await market.post(pickup.url)

    const again = await ann.setUp(key)

    expect(again).not.toHaveProperty('auth_json')
    expect(again).not.toHaveProperty('pickup')
    expect(again.next_step).toContain(`auth.json was fetched at ${market.clock.at.toISOString()}`)
  })

  test('repeated calls at the same time leave one link that works', async () => {
    await ann.setUp(key)
    const answers = await Promise.all(Array.from({ length: 5 }, () => ann.setUp(key)))

    const fetched: number[] = []
    for (const { pickup } of answers) fetched.push((await market.post(pickup.url)).statusCode)

    expect(fetched.filter((status) => status === 200)).toHaveLength(1)
  })

  test('an idempotency key stands for one way to get the credentials', async () => {
    await ann.setUp(key)
    const inline = await ann.client.call('setup_project', { name: 'Shop', ...key, credentials: 'inline' })

    expect(errorIn(inline)).toMatchObject({ code: 'idempotency_key_reused' })
  })

  test('a repeated call with inline is the same request as a call without a choice', async () => {
    const other = { name: 'Shop', idempotency_key: 'a-pickup-0002' }
    await ann.ask('setup_project', other)

    expect(await ann.ask('setup_project', { ...other, credentials: 'inline' })).toMatchObject({
      replayed: true,
    })
  })

  test('get_operation gives a new link for a day and never the keys', async () => {
    await ann.setUp()
    const operation_id = await ann.lastOperation()
    market.after(24 * 60 * MINUTE_MS - 5 * MINUTE_MS)
    const { result } = (await ann.ask('get_operation', { operation_id })) as unknown as { result: Offered }

    expect(result).not.toHaveProperty('auth_json')
    // the link ends when the keys are deleted
    expect(new Date(result.pickup.expires_at).getTime() - market.clock.at.getTime()).toBe(5 * MINUTE_MS)
    market.after(5 * MINUTE_MS)
    const gone = await ann.ask('get_operation', { operation_id })
    expect(JSON.stringify(gone)).not.toMatch(/psk_|\/pickup\//)
    const late = await market.post(result.pickup.url)
    expect([late.statusCode, errorOf(late).code]).toEqual([410, 'pickup_keys_gone'])
  })

  test('another connection of the same person gets no link', async () => {
    await ann.setUp()
    const operation_id = await ann.lastOperation()
    const other = await market.connects(ann)

    const seen = await other.ask('get_operation', { operation_id })

    expect(JSON.stringify(seen)).not.toMatch(/psk_|\/pickup\//)
  })
})

describe('the transcript', () => {
  test('no private key and no link is in an answer, the log, the audit log or a row', async () => {
    const answers = [await ann.setUp({ idempotency_key: 'a-pickup-0003' })]
    const operation_id = await ann.lastOperation()
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

  test('the audit log names the connection when a link is made and when the keys are fetched', async () => {
    const { pickup } = await ann.setUp()
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
