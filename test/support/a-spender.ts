import { randomUUID } from 'node:crypto'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { findCharge } from '#domain/billing'
import { operationsOn } from '#domain/operations'
import { abandonLine, keepIntent, openOrder, recheckPurchase, recordPaid } from '#domain/orders'
import {
  setSpendingRules,
  spendingOf,
  type SpendingLimit,
  type SpendingRules,
  type SpendingSettings,
} from '#domain/spending'
import type { DomainError } from '#kernel/errors'
import { type LineId, mintId, type OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { type Market, aProject } from './a-market.ts'
import { aConnection } from './mcp.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'
import { noTemporal } from './no-temporal.ts'

export const SEARCH = 'northwind/module-search'
export const LABELS = 'fabrikam/module-labels'
/** Yearly, 99.00 EUR. */
export const STOCK = 'northwind/module-stock'
/** Free. */
export const HELLO = 'northwind/module-hello'

export const EUR = (perPurchase: number, perDay = perPurchase, perMonth = perDay): SpendingLimit => ({
  currency: 'EUR',
  perPurchase: perPurchase * 100,
  perDay: perDay * 100,
  perMonth: perMonth * 100,
})

export interface BuyOptions {
  packages?: readonly string[]
  at?: Date
  /** Default: a new key. */
  key?: string
  /** Slug; default: `acme-retail`. */
  org?: string
  /** Another pool, for races. */
  db?: Db
}

/** An assistant of `buyer` that opens and pays orders without a bank. */
export async function aSpender(
  market: Market,
  {
    rules,
    settings = NO_SPENDING_LIMITS,
  }: { rules?: Partial<SpendingRules>; settings?: SpendingSettings } = {},
) {
  const { db } = market
  const by = market.person('buyer')
  const { connection } = await aConnection(db, { customer: by, activeOrg: market.org('acme-retail') })
  const sets = (changed: Partial<SpendingRules>) => {
    const whole = { ...settings.defaults, ...changed }
    return setSpendingRules(db, { connection, by, rules: whole, at: new Date() })
  }
  if (rules) await sets(rules)
  const caller = market.caller('buyer', { connection })
  const operations = operationsOn({ db, ...noTemporal })

  async function begins({
    packages = [SEARCH],
    at = new Date(),
    key = randomUUID(),
    org: slug = 'acme-retail',
  }: BuyOptions = {}) {
    const org = await market.access('buyer', slug)
    const { id: project } = await aProject(market, { org: slug })
    const input = { packages: [...packages], project }
    const { operation } = await operations.startOrJoin(purchaseAndInstallPackage, {
      key,
      caller,
      org,
      input,
      at,
    })
    return operation.id
  }

  function opens(operationId: OperationId, { at = new Date(), db: other = db }: BuyOptions = {}) {
    const orderId = mintId('ord', at, Math.random)
    return openOrder(other, {
      operationId,
      orderId,
      quoteKey: Buffer.alloc(32),
      spending: settings,
      at,
    })
  }

  /** Begins the payment of a line; the returned function ends it. */
  async function starts(line: LineId | undefined, at = new Date()) {
    const charge = line && (await findCharge(db, line))
    if (!line || !charge) throw new Error('the line has no charge')
    await keepIntent(db, { line, charge: charge.id, intentId: `pi_${charge.id}` })
    return () => recordPaid(db, { line, charge, stripeChargeId: `ch_${charge.id}`, feeBasisPoints: 0, at })
  }

  return {
    connection,
    sets,
    begins,
    opens,
    /** Opens an order; nothing is paid yet. */
    async orders(options: BuyOptions = {}) {
      const operation = await begins(options)
      const { id, lines } = await opens(operation, options)
      return { operation, id, lines: lines.map((line) => line.id) }
    },
    /** The code with which an order is refused, or `ok`. */
    async tries(options: BuyOptions = {}): Promise<string> {
      return codeOf(opens(await begins(options), options))
    },
    /** The code with which the last check before the charge of a line refuses, or `ok`. */
    rechecks: (operationId: OperationId, line: LineId | undefined, at = new Date()): Promise<string> =>
      codeOf(recheckPurchase(db, { operationId, line, spending: settings, at })),
    starts,
    pays: async (line: LineId | undefined, at = new Date()) => (await starts(line, at))(),
    declines: (line: LineId | undefined, at = new Date()) => line && abandonLine(db, line, at),
    /** In major units of EUR. */
    async used(at = new Date()) {
      const { currencies } = await spendingOf(db, { connection, settings, at })
      const eur = currencies.find(({ limit }) => limit.currency === 'EUR')
      if (!eur) throw new Error('the connection has no limit in EUR')
      return { today: eur.usedToday / 100, thisMonth: eur.usedThisMonth / 100 }
    },
    async holds() {
      const rows = await db
        .selectFrom('spending_holds')
        .select(['amount', 'state'])
        .where('connection_id', '=', connection)
        .orderBy('order_id')
        .orderBy('amount', 'desc')
        .execute()
      return rows.map(({ amount, state }) => `${state} ${amount}`)
    },
  }
}

export const codeOf = (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'ok',
    (error: DomainError) => {
      if (!error.code) throw error
      return error.code
    },
  )
