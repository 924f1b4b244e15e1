import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cardActivities } from '../../../src/activities/cards.ts'
import { billingOn, detachDue, listPaymentMethods } from '#domain/billing'
import { deleteMember, setRole } from '#domain/orgs'
import type { OperationId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import type { Payments } from '#platform/payments'
import { auditOf } from '../../support/a-member.ts'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { anOperation } from '../../support/an-operation.ts'
import { aDatabase } from '../../support/database.ts'
import { gitDependencies } from '../../support/git.ts'
import { NO_SPENDING_LIMITS, recheckIn } from '../../support/spending.ts'

const VISA = '4242 4242 4242 4242'
const AT = new Date()
const DAY = 24 * 60 * 60_000

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
let lines: string[] = []
const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase(), aBank()])
})
afterAll(() => Promise.all([bank.stop(), database.close()]))

let org: Awaited<ReturnType<typeof anOperation>>
beforeEach(async () => {
  lines = []
  org = await anOperation(database.db)
})

const billing = () =>
  billingOn({ db: database.db, payments: bank.payments, recheck: recheckIn(database.db), log })
const openPage = (operation: OperationId = org.id) =>
  billing().openCardPage({
    operation,
    org: org.org.id,
    openedBy: { customer: org.customer },
    successUrl: 'https://market.example/o/x/return',
    cancelUrl: 'https://market.example/o/x',
    at: AT,
  })
const look = (payments: Payments = bank.payments, at = AT) =>
  cardActivities({
    db: database.db,
    payments,
    log,
    publicUrl: 'https://market.example',
    feeBasisPoints: 1500,
    spending: NO_SPENDING_LIMITS,
    ...gitDependencies(database.db),
  }).lookForAddedCard({ operationId: org.id, at: at.toISOString() })
const pages = () =>
  database.db
    .selectFrom('card_sessions')
    .select(['id', 'closed_at'])
    .where('org_id', '=', org.org.id)
    .orderBy('id')
    .execute()
const openPages = async () => (await pages()).filter(({ closed_at }) => !closed_at).map(({ id }) => id)
/** As if it belonged to another account of the provider. */
const makeUnknown = (id: string) =>
  database.db
    .updateTable('card_sessions')
    .set({ id: `${id}_of_nobody` })
    .where('id', '=', id)
    .execute()

test('a card page that the provider does not know holds up no other card, and is closed when its time is over', async () => {
  await openPage()
  const [unknown = ''] = await openPages()
  await makeUnknown(unknown)
  await bank.typeCard(await openPage(), VISA)

  expect(await look()).toMatchObject({ last4: '4242' })

  expect(await openPages()).toEqual([`${unknown}_of_nobody`])
  expect(lines.join()).toContain(`${unknown}_of_nobody`)
  await look(bank.payments, new Date(AT.getTime() + DAY + 60_000))
  expect(await openPages()).toEqual([])
})

test('a look without a card tries again when its own page gave no answer, and not when the page is unknown', async () => {
  await openPage()
  const match = { method: 'GET' as const, path: '/checkout/sessions' }
  await bank.next({ match, answer: '500_before' })
  await expect(look()).rejects.toThrow('did not report the outcome')
  expect(await look()).toBeUndefined()

  const [page = ''] = await openPages()
  await makeUnknown(page)

  expect(await look()).toBeUndefined()
})

test('a card page of another operation that gives no answer does not hold up this operation', async () => {
  await openPage()
  const [page = ''] = await openPages()
  await database.db
    .updateTable('card_sessions')
    .set({ operation_id: (await anOperation(database.db)).id })
    .where('id', '=', page)
    .execute()
  await bank.next({ match: { method: 'GET', path: page }, answer: '500_before' })

  expect(await look()).toBeUndefined()
  await bank.next({ match: { method: 'GET', path: page }, answer: '500_before' })
  await bank.typeCard(await openPage(), VISA)
  expect(await look()).toMatchObject({ last4: '4242' })
})

test('a look asks about at most 8 card pages at the same time, and about all of them', async () => {
  for (let n = 0; n < 12; n++) await openPage()
  let now = 0
  const most: number[] = []
  const slow: Payments = {
    ...bank.payments,
    async getCardSession(id) {
      most.push((now += 1))
      const seen = await bank.payments.getCardSession(id)
      now -= 1
      return seen
    },
  }

  expect(await look(slow)).toBeUndefined()

  expect([Math.max(...most), most.length]).toEqual([8, 12])
})

test.for(['removed', 'made a developer', 'disabled'] as const)(
  'the card of a person who is %s after opening the page is not the org’s, and is detached',
  async (what) => {
    const { db } = database
    const member = { org: org.org.id, customer: org.customer }
    const url = await openPage()
    if (what === 'removed') await deleteMember(db, member)
    else if (what === 'disabled') {
      const person = db.updateTable('customers').where('id', '=', org.customer)
      await person.set({ disabled_at: AT }).execute()
    } else await setRole(db, { ...member, role: 'developer' })
    await bank.typeCard(url, VISA)

    await look()

    expect([await openPages(), await listPaymentMethods(db, member.org)]).toEqual([[], []])
    expect((await auditOf(db, member.org)).at(-1)).toMatchObject({
      action: 'add_payment_method',
      outcome: 'refused',
    })
    const { id } = await db
      .selectFrom('payment_methods')
      .select('stripe_payment_method_id as id')
      .where('org_id', '=', member.org)
      .executeTakeFirstOrThrow()
    const before = await bank.payments.isCardAttached(id)
    await detachDue({ db, payments: bank.payments, log }, AT)
    expect([before, await bank.payments.isCardAttached(id)]).toEqual([true, false])
  },
)
