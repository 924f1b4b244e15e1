import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit, verifyChain } from '#domain/audit'
import type { Chain } from '../../../src/domain/audit/chain.ts'
import { mintId } from '../../../src/kernel/ids.ts'
import { aDatabase } from '../../support/database.ts'
import { inTransaction } from '#platform/transactions'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const aChain = (): Chain => `org:${mintId('org', Date.now(), Math.random)}`
const aChainOf = async (length: number) => {
  const chain = aChain()
  for (let n = 1; n <= length; n++) await append(chain, `deed_${n}`)
  return chain
}
const append = (chain: Chain, action = 'set_up_project') =>
  audit(database.db, { chain, action, outcome: 'done', detail: { ümlaut: 'ö', n: 1 } })

describe('fifty actions at the same time', () => {
  test('fifty actions at the same time are numbered without a gap and form an intact chain', async () => {
    const chain = aChain()

    const numbers = await Promise.all(
      Array.from({ length: 50 }, () =>
        inTransaction(database.db, (tx) => audit(tx, { chain, action: 'd', outcome: 'done' })),
      ),
    )

    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(await verifyChain(database.db, chain)).toEqual({ intact: true, events: 50 })
  })

  test('an action that was rolled back leaves no audit event', async () => {
    const chain = await aChainOf(2)

    const rolledBack = inTransaction(database.db, async (tx) => {
      await audit(tx, { chain, action: 'd', outcome: 'done' })
      throw new Error('rolled back')
    })

    await expect(rolledBack).rejects.toThrow('rolled back')
    expect(await append(chain)).toBe(3)
    expect(await verifyChain(database.db, chain)).toEqual({ intact: true, events: 3 })
  })
})

describe('an event', () => {
  test('an audit event contains the action with its chain, number and time', async () => {
    const chain = aChain()

    await audit(database.db, {
      chain,
      action: 'setup_project',
      outcome: 'refused',
      code: 'not_allowed',
      org: undefined,
    })

    const { body } = await database.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', chain)
      .executeTakeFirstOrThrow()
    expect(JSON.parse(body)).toEqual({
      chain,
      seq: 1,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      action: 'setup_project',
      outcome: 'refused',
      code: 'not_allowed',
    })
  })

  test('the body of an audit event cannot change its number or chain', async () => {
    const chain = aChain()
    const forged = JSON.stringify({ action: 'd', chain: 'platform', seq: 99 })

    await sql`select append_audit_event(${chain}, ${forged}::jsonb)`.execute(database.db)

    expect(await verifyChain(database.db, chain)).toEqual({ intact: true, events: 1 })
  })

  test.for(['update audit_events set body = body', 'delete from audit_events', 'truncate audit_events'])(
    'the database refuses to change an audit event: %s',
    async (statement) => {
      await aChainOf(1)

      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/append-only/)
    },
  )
})

describe('a chain edited by the owner of the database', () => {
  const tamper = (...statements: string[]) =>
    inTransaction(database.db, async (tx) => {
      await sql`alter table audit_events disable trigger user`.execute(tx)
      for (const statement of statements) await sql.raw(statement).execute(tx)
      await sql`alter table audit_events enable trigger user`.execute(tx)
    })
  // the table checks each hash, so a forger has to replace the hash of the event, which breaks the next link
  const rehashed = "hash = sha256(prev_hash::bytea || convert_to(replace(body, 'deed_3', 'deed_X'), 'UTF8'))"

  test('a changed byte is found at its audit event', async () => {
    const chain = await aChainOf(5)

    await tamper(
      'alter table audit_events drop constraint audit_events_check',
      `update audit_events set body = replace(body, 'deed_3', 'deed_X') where chain = '${chain}' and seq = 3`,
    )

    expect(await verifyChain(database.db, chain)).toEqual({ intact: false, events: 2, brokenAt: 3 })
  })

  test('an audit event that was changed together with its hash is found at the next event', async () => {
    const chain = await aChainOf(5)

    await tamper(
      `update audit_events set body = replace(body, 'deed_3', 'deed_X'), ${rehashed} where chain = '${chain}' and seq = 3`,
    )

    expect(await verifyChain(database.db, chain)).toEqual({ intact: false, events: 3, brokenAt: 4 })
  })

  test('a deleted audit event is found at its place', async () => {
    const chain = await aChainOf(4)

    await tamper(`delete from audit_events where chain = '${chain}' and seq = 2`)

    expect(await verifyChain(database.db, chain)).toEqual({ intact: false, events: 1, brokenAt: 2 })
  })

  test('the deletion of the last audit event is found', async () => {
    const chain = await aChainOf(4)

    await tamper(`delete from audit_events where chain = '${chain}' and seq = 4`)

    expect(await verifyChain(database.db, chain)).toEqual({ intact: false, events: 3, brokenAt: 4 })
  })

  test('two swapped audit events are found at the first of them', async () => {
    const chain = await aChainOf(4)

    await tamper(
      `update audit_events set seq = 99 where chain = '${chain}' and seq = 2`,
      `update audit_events set seq = 2 where chain = '${chain}' and seq = 3`,
      `update audit_events set seq = 3 where chain = '${chain}' and seq = 99`,
    )

    expect(await verifyChain(database.db, chain)).toEqual({ intact: false, events: 1, brokenAt: 2 })
  })
})

describe('a chain without events', () => {
  test('an audit chain without events is intact', async () => {
    expect(await verifyChain(database.db, aChain())).toEqual({ intact: true, events: 0 })
  })
})

describe('a chain longer than one page', () => {
  test('an audit chain of 1,100 events is checked to its end', async () => {
    const chain = aChain()
    await sql`select append_audit_event(${chain}, '{"action":"d"}'::jsonb) from generate_series(1, 1100)`.execute(
      database.db,
    )

    expect(await verifyChain(database.db, chain)).toEqual({ intact: true, events: 1100 })
  })
})
