import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ReportedStatus } from '#contracts/status-update'
import type { Run } from '#contracts/ids'
import { defineContract } from '#kernel/contract'
import { mintId } from '#kernel/ids'
import {
  beginOperation,
  findOperation,
  giveUpStart,
  leaseOutbox,
  type Operations,
  operationsOn,
  reportStatus,
} from '#domain/operations'
import { addCustomer } from '#domain/identity'
import { addMember, addOrg, orgForCustomer } from '#domain/orgs'
import { aDatabase } from '../../support/database.ts'
import { PUBLIC_URL } from '../../support/mcp.ts'
import { inTransaction } from '#platform/transactions'
import { noTemporal } from '../../support/no-temporal.ts'

const AT = new Date('2026-11-23T10:00:00Z')
const id = <P extends string>(prefix: P) => mintId(prefix, AT, Math.random)

const CARD = { id: 'pmt_1', brand: 'visa', last4: '4242', is_default: true }

const wash = defineContract({
  story: 'wash_car',
  workflowType: 'washCar',
  workflowId: (operation) => `wash_car/${operation}`,
  input: z.strictObject({ colour: z.string(), wax: z.boolean().optional() }),
  output: z.looseObject({ clean: z.boolean() }),
  canonicalInput: ({ colour, wax }) => ({ colour, wax: wax || undefined }),
})

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

async function anOrg() {
  const { db } = database
  const org = id('org')
  const customer = id('cst')
  const slug = org.slice(4).toLowerCase()
  await addOrg(db, { id: org, slug, name: 'Acme', at: AT })
  await addCustomer(db, { id: customer, email: `${slug}@example.test`, displayName: 'A', at: AT })
  await addMember(db, { org, customer, role: 'owner', at: AT })
  return { caller: { customer, scopes: [] }, org: await orgForCustomer(db, customer, org) }
}

/** Operations with a fake Temporal, which reports whether the run exists and starts nothing. */
function operationsWith(exists: boolean): { operations: Operations; runs: Run[] } {
  const runs: Run[] = []
  const startOrJoinRun = async (run: Run) => {
    runs.push(run)
    return exists
  }
  return { operations: operationsOn({ db: database.db, ...noTemporal, startOrJoinRun }), runs }
}

describe('starting or joining an operation', () => {
  test('ten calls with one key at the same time start one run, and a later call with the same input joins it', async () => {
    const who = await anOrg()
    const { operations, runs } = operationsWith(false)
    const call = (input: { colour: string; wax?: boolean }) =>
      operations.startOrJoin(wash, { ...who, key: 'key-00000001', input, at: AT })
    const results = await Promise.all(Array.from({ length: 10 }, () => call({ colour: 'red' })))
    results.push(await call({ colour: 'red', wax: false }))
    expect(new Set(results.map(({ operation }) => operation.id)).size).toBe(1)
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(new Set(runs.map(({ workflowId }) => workflowId)).size).toBe(1)
  })

  test('an idempotency key is refused for another input, and is free in another org', async () => {
    const who = await anOrg()
    const { operations } = operationsWith(false)
    const key = 'key-00000002'
    await operations.startOrJoin(wash, { ...who, key, input: { colour: 'red' }, at: AT })
    const other = operations.startOrJoin(wash, { ...who, key, input: { colour: 'blue' }, at: AT })
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    const elsewhere = await anOrg()
    const free = operations.startOrJoin(wash, { ...elsewhere, key, input: { colour: 'red' }, at: AT })
    await expect(free).resolves.toMatchObject({ replayed: false })
  })

  test('the text that is hashed to compare inputs is the same in every release', async () => {
    const who = await anOrg()
    const request = { ...who, key: 'key-of-a-hash', input: { colour: 'red' }, at: AT }
    const { operation } = await operationsWith(true).operations.startOrJoin(wash, request)

    const { input_hash } = await database.db
      .selectFrom('operations')
      .select('input_hash')
      .where('id', '=', operation.id)
      .executeTakeFirstOrThrow()
    const text = `{"org":"${who.org.id}","sameness":{"colour":"red"}}`
    expect(input_hash).toEqual(createHash('sha256').update(text).digest())
  })

  test('a start stays in the outbox until it is known that the run exists', async () => {
    const who = await anOrg()
    const waiting = async () => {
      const rows = await database.db.selectFrom('outbox').select('workflow_id').execute()
      return rows.map((row) => row.workflow_id)
    }
    const lost = await operationsWith(false).operations.startOrJoin(wash, {
      ...who,
      key: 'key-00000003',
      input: { colour: 'red' },
      at: AT,
    })
    expect(await waiting()).toContain(`wash_car/${lost.operation.id}`)
    const joined = await operationsWith(true).operations.startOrJoin(wash, {
      ...who,
      key: 'key-00000003',
      input: { colour: 'red' },
      at: AT,
    })
    expect(joined.replayed).toBe(true)
    expect(await waiting()).not.toContain(`wash_car/${lost.operation.id}`)
  })

  test.for([-20, 20])(
    'a start is due after 15 s and too late after 15 min, also when the clock of the api is %i min off',
    async (minutes) => {
      const who = await anOrg()
      const at = new Date(Date.now() + minutes * 60_000)
      const { operations } = operationsWith(false)
      const request = { ...who, key: `key-off-by-${minutes}`, input: { colour: 'red' }, at }
      const { operation } = await operations.startOrJoin(wash, request)

      const row = await database.db
        .selectFrom('outbox')
        .select(sql<number>`extract(epoch from due_at - now())::float8`.as('due_in'))
        .select(sql<number>`extract(epoch from give_up_at - now())::float8`.as('too_late_in'))
        .where('workflow_id', '=', operation.workflowId)
        .executeTakeFirstOrThrow()

      expect([Math.abs(row.due_in - 15) < 2, Math.abs(row.too_late_in - 900) < 2]).toEqual([true, true])
    },
  )

  test('an operation whose start is given up fails with could_not_be_started, and a late start does nothing', async () => {
    const who = await anOrg()
    const { operation } = await operationsWith(false).operations.startOrJoin(wash, {
      ...who,
      key: 'key-00000004',
      input: { colour: 'red' },
      at: AT,
    })
    await database.db.updateTable('outbox').set({ due_at: AT }).execute()
    const leased = await leaseOutbox(database.db, 50)
    const outgoing = leased.find(({ workflowId }) => workflowId.endsWith(operation.id))
    if (!outgoing) throw new Error('the start was not in the outbox')
    await giveUpStart(database.db, outgoing, AT)
    const found = await findOperation(database.db, { id: operation.id, customer: who.caller.customer })
    expect(found).toMatchObject({ status: 'failed', error: { code: 'could_not_be_started' } })
    const late = inTransaction(database.db, (tx) => beginOperation(tx, operation.id, AT))
    await expect(late).rejects.toMatchObject({ code: 'operation_is_over' })
  })

  test('a late or repeated status update of a run changes nothing', async () => {
    const who = await anOrg()
    const { operation } = await operationsWith(true).operations.startOrJoin(wash, {
      ...who,
      key: 'key-00000005',
      input: { colour: 'red' },
      at: AT,
    })
    const waiting = { for: 'payment_method', until: AT.toISOString() } as const
    const report = (revision: number, reported: ReportedStatus) => {
      const update = { operationId: operation.id, revision, ...reported, at: AT.toISOString() }
      return reportStatus(database.db, update, PUBLIC_URL)
    }
    const status = async () =>
      (await findOperation(database.db, { id: operation.id, customer: who.caller.customer })).status
    await report(2, { status: 'running' })
    await report(1, { status: 'waiting_for_you', waiting })
    expect(await status()).toBe('running')
    await report(3, { status: 'completed', result: { payment_method: CARD } })
    await report(4, { status: 'running' })
    expect(await status()).toBe('completed')
  })

  test('an operation is not found by another customer, or by a customer who has left the org', async () => {
    const who = await anOrg()
    const otherCustomer = await anOrg()
    const { operation } = await operationsWith(true).operations.startOrJoin(wash, {
      ...who,
      key: 'key-00000006',
      input: { colour: 'red' },
      at: AT,
    })
    const seenBy = (customer: typeof who.caller.customer) =>
      findOperation(database.db, { id: operation.id, customer })
    await expect(seenBy(otherCustomer.caller.customer)).rejects.toMatchObject({ code: 'operation_not_found' })
    await expect(seenBy(who.caller.customer)).resolves.toMatchObject({ id: operation.id })
    await database.db.deleteFrom('org_members').where('customer_id', '=', who.caller.customer).execute()
    await expect(seenBy(who.caller.customer)).rejects.toMatchObject({ code: 'operation_not_found' })
  })
})
