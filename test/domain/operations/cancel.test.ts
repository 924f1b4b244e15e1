import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  beginOperation,
  cancellingText,
  findOperation,
  giveUpStart,
  leaseOutbox,
  readOperation,
  undoOperation,
} from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { TemporarilyUnavailable } from '#platform/outages'
import { inTransaction } from '#platform/transactions'
import { auditOf } from '../../support/a-member.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { aPerson } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const startsOf = (id: OperationId) =>
  database.db
    .selectFrom('outbox')
    .select('deed')
    .where('workflow_id', '=', `start_add_payment_method/${id}`)
    .orderBy('id')
    .execute()

test('an operation that has not begun is cancelled at once, and its start is dropped', async () => {
  const { id, cancel, begin } = await anOperation(database.db)
  expect(await startsOf(id)).toHaveLength(1)

  expect(await cancel()).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Date) })

  expect(await startsOf(id)).toEqual([])
  await expect(begin()).rejects.toMatchObject({ code: 'operation_is_over' })
})

test('an operation that has begun is only asked to stop, and its run decides', async () => {
  const { id, cancel, begin, stopped } = await anOperation(database.db)
  await begin()

  expect(await cancel()).toMatchObject({ status: 'running' })

  expect(stopped).toEqual([`start_add_payment_method/${id}`])
})

test('an operation that is cancelled three times asks its run each time, and is audited once', async () => {
  const { id, org, row, cancel, begin, stopped } = await anOperation(database.db)
  await begin()

  const [first, ...later] = [await cancel(), await cancel(), await cancel()]

  expect(later.map(({ status }) => status)).toEqual([first.status, first.status])
  expect(stopped).toHaveLength(3)
  const events = (await auditOf(database.db, org.id)).filter(({ action }) => action === 'cancel_operation')
  expect(events).toMatchObject([{ operation: id }])
  await row().set({ cancellable: false }).execute()
  await expect(cancel()).rejects.toMatchObject({ code: 'too_late_to_cancel' })
})

test('a cancellation and the end of a start that failed for too long at the same time do not lock each other out', async () => {
  const { db } = database
  const { id, cancel } = await anOperation(db)
  const run = `start_add_payment_method/${id}`
  await db
    .updateTable('outbox')
    .set({ due_at: new Date(0) })
    .where('workflow_id', '=', run)
    .execute()
  const start = (await leaseOutbox(db, 50)).find(({ workflowId }) => workflowId === run)
  if (!start) throw new Error('the start is not due')

  let ends: Promise<unknown> | undefined
  await inTransaction(db, async (tx) => {
    await tx.selectFrom('outbox').select('id').where('workflow_id', '=', run).forUpdate().execute()
    const givenUp = giveUpStart(db, start, new Date())
    await expect.poll(() => lockWaiters(db)).toBe(1)
    ends = Promise.all([givenUp, cancel()])
    await expect.poll(() => lockWaiters(db)).toBe(2)
  })
  await ends

  expect((await readOperation(db, id)).status).toBe('failed')
  expect(await startsOf(id)).toEqual([])
})

test('a cancellation that Temporal cannot be told is accepted once, and the outbox has it', async () => {
  const outage = new TemporarilyUnavailable()
  const { id, cancel, begin } = await anOperation(database.db, { outage })
  await begin()

  expect(await cancel()).toMatchObject({ status: 'running', cancelRequested: true })
  expect(await cancel()).toMatchObject({ progress: expect.stringContaining('We are cancelling') })

  expect(await startsOf(id)).toEqual([{ deed: 'start' }, { deed: 'nudge' }])
})

test.for([
  ['checkout_cart', 'this purchase'],
  ['purchase_and_install_package', 'this purchase'],
  ['publish_package', 'this publication'],
  ['start_add_payment_method', 'it'],
])('a cancelled %s says that we are cancelling %s', ([story = '', what]) => {
  expect(cancellingText({ story })).toBe(`We are cancelling ${what}.`)
})

test('a cancellation that fails because of a bug is not taken for an outage', async () => {
  const { cancel, begin } = await anOperation(database.db, { outage: new RangeError('a bug') })
  await begin()

  await expect(cancel()).rejects.toThrow('a bug')
})

test('a cancellation that waits for the first step finds that the operation has begun', async () => {
  const { id, cancel } = await anOperation(database.db)
  let cancelling: ReturnType<typeof cancel> | undefined

  await inTransaction(database.db, async (tx) => {
    await beginOperation(tx, id, new Date())
    cancelling = cancel()
    await expect.poll(() => lockWaiters(database.db)).toBe(1)
  })

  expect(await cancelling).toMatchObject({ status: 'running' })
})

test('a cancellation that waits for the first paid line is refused', async () => {
  const { cancel, begin, id, stopped } = await anOperation(database.db)
  await begin()
  let cancelling: Promise<unknown> | undefined

  await inTransaction(database.db, async (tx) => {
    await tx.updateTable('operations').set({ cancellable: false }).where('id', '=', id).execute()
    cancelling = cancel().catch((error: unknown) => error)
    await expect.poll(() => lockWaiters(database.db)).toBe(1)
  })

  expect(await cancelling).toMatchObject({ code: 'too_late_to_cancel' })
  expect(await readOperation(database.db, id)).not.toHaveProperty('cancelRequested')
  expect(stopped).toEqual([])
})

test('a first step that comes during the undo of its operation waits, and is refused', async () => {
  const { id, begin } = await anOperation(database.db)
  let late: Promise<unknown> | undefined

  await inTransaction(database.db, async (tx) => {
    await undoOperation(tx, id, new Date())
    late = begin().catch((error: unknown) => error)
    await expect.poll(() => lockWaiters(database.db)).toBe(1)
  })

  expect(await late).toMatchObject({ code: 'operation_is_over' })
})

test('the cancellation of a paid operation is refused, and its run is not asked to stop', async () => {
  const { cancel, begin, row, stopped } = await anOperation(database.db)
  await begin()
  await row().set({ cancellable: false }).execute()

  await expect(cancel()).rejects.toMatchObject({ code: 'too_late_to_cancel' })

  expect(stopped).toEqual([])
})

test('an operation that is over stays as it ended', async () => {
  const { cancel, row, stopped } = await anOperation(database.db)
  const end = { status: 'completed', result: '{}', finished_at: new Date() } as const
  await row().set(end).execute()

  expect(await cancel()).toMatchObject({ status: 'completed' })

  expect(stopped).toEqual([])
})

test('an operation is found only by the customer who started it, while they are a member and the org exists', async () => {
  const { id, customer, org } = await anOperation(database.db)
  const { db } = database
  const other = await aPerson(db)
  await db
    .insertInto('org_members')
    .values({ org_id: org.id, customer_id: other.customer, role: 'owner', joined_at: new Date() })
    .execute()
  const refused = { code: 'operation_not_found' }

  expect(await findOperation(db, { id, customer })).toMatchObject({ id })
  await expect(findOperation(db, { id, customer: other.customer })).rejects.toMatchObject(refused)
  const orgRow = db.updateTable('orgs').where('id', '=', org.id)
  await orgRow.set({ deleted_at: new Date() }).execute()
  await expect(findOperation(db, { id, customer })).rejects.toMatchObject(refused)
  await orgRow.set({ deleted_at: null }).execute()
  await db.deleteFrom('org_members').where('customer_id', '=', customer).execute()
  await expect(findOperation(db, { id, customer })).rejects.toMatchObject(refused)
  expect(await readOperation(db, id)).toMatchObject({ id })
})
