import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { closeCardSession, openCardSession } from '#domain/billing'
import { addToCart, removeFromCart } from '#domain/cart'
import { activateLicence } from '#domain/licensing'
import { operationsOn, tokenMintedBy } from '#domain/operations'
import { chooseCard, openOrder } from '#domain/orders'
import { addMember, deleteMember, lockOrg, setRole } from '#domain/orgs'
import { madeByMember } from '#domain/team'
import { mintId, type OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { raceAfter, somebody } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'
import { noTemporal } from '../../support/no-temporal.ts'

const SEARCH = 'northwind/module-search'
const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const buyer = async () => ({
  caller: market.caller('buyer'),
  org: await market.access('buyer', 'acme-retail'),
  at,
})

/** A purchase that has not begun. */
async function aPurchase(): Promise<OperationId> {
  const operations = operationsOn({ db: database.db, ...noTemporal })
  const { id: project } = await aProject(market)
  const input = { packages: [SEARCH], project }
  const started = { ...(await buyer()), key: randomUUID(), input }
  return (await operations.startOrJoin(purchaseAndInstallPackage, started)).operation.id
}
const open = (operationId: OperationId) =>
  openOrder(database.db, {
    operationId,
    orderId: mintId('ord', at, Math.random),
    quoteKey: Buffer.alloc(32),
    spending: NO_SPENDING_LIMITS,
    at,
  })

/** The actions that decide about the holdings of an org. Each is prepared and returned as a function. */
const ACTIONS: Record<string, () => Promise<() => Promise<unknown>>> = {
  async addToCart() {
    const who = await buyer()
    return () => addToCart(database.db, { ...who, wanted: [{ package: SEARCH }] })
  },
  async removeFromCart() {
    const who = await buyer()
    return () => removeFromCart(database.db, { ...who, names: [SEARCH] })
  },
  async openOrder() {
    const operation = await aPurchase()
    return () => open(operation)
  },
  async chooseCard() {
    const operationId = await aPurchase()
    await open(operationId)
    return () => chooseCard(database.db, { operationId, at })
  },
  async activateLicence() {
    const { id: licence } = await aLicence(market, { package: SEARCH })
    const { id: project } = await aProject(market)
    const who = await buyer()
    return () => activateLicence(database.db, { ...who, licence, project })
  },
  async deliverPurchase() {
    const { close } = await aPaidOrder(market)
    return () => close()
  },
  async closeCardSession() {
    const session = { id: `cs_${randomUUID()}`, org: market.org('acme-retail'), operation: await aPurchase() }
    const opened = { ...session, openedBy: { customer: market.person('buyer') }, at, expiresAt: at }
    await openCardSession(database.db, opened)
    return () => closeCardSession(database.db, session, { card: undefined, at })
  },
}

test.for(Object.keys(ACTIONS))('%s waits for the lock of the org', async (name) => {
  const act = await ACTIONS[name]?.()
  let acting: Promise<unknown> | undefined

  await inTransaction(database.db, async (tx) => {
    await lockOrg(tx, market.org('acme-retail'))
    acting = act?.()
    await expect.poll(() => lockWaiters(database.db)).toBe(1)
  })

  await acting
})

test.for(['removed', 'made a viewer'] as const)(
  'a member who is %s while their purchase is delivered gets no key',
  async (what) => {
    const { db } = database
    const [org, at] = [market.org('acme-retail'), new Date()]
    const { customer, caller } = await somebody(db)
    const member = { org, customer }
    await addMember(db, { ...member, role: 'admin', at })
    const { operation, close } = await aPaidOrder(market, { by: caller })
    const lose = (tx: Db) =>
      what === 'removed' ? deleteMember(tx, member) : setRole(tx, { ...member, role: 'viewer' })

    const [outcome] = await raceAfter(db, org, lose, async () => close())

    const made = await madeByMember(db, { ...member, at })
    expect([outcome, made.tokens, await tokenMintedBy(db, operation)]).toEqual(['done', [], undefined])
  },
)

test('a colleague stops an operation while its card is saved, and both succeed', async () => {
  const { db } = database
  const org = market.org('acme-retail')
  const operation = await aPurchase()
  const session = { id: `cs_${randomUUID()}`, org, operation }
  const openedBy = { customer: market.person('buyer') }
  await openCardSession(db, { ...session, openedBy, at, expiresAt: at })
  const card = { id: `pm_${randomUUID()}`, brand: 'visa', last4: '4242', expMonth: 1, expYear: 2099 }
  const operations = operationsOn({ db, ...noTemporal })
  const colleague = await somebody(db)
  await addMember(db, { org, customer: colleague.customer, role: 'admin', at })
  const running: Promise<unknown>[] = []

  await inTransaction(db, async (tx) => {
    await lockOrg(tx, org)
    running.push(closeCardSession(db, session, { card, at }))
    await expect.poll(() => lockWaiters(db)).toBe(1)
    // has locked the operation, and waits behind the card
    running.push(operations.cancel({ id: operation, caller: colleague.caller, at }))
    await expect.poll(() => lockWaiters(db)).toBe(2)
  })

  await expect(Promise.all(running)).resolves.toHaveLength(2)
})
