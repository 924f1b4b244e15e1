import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import type { ConnectionId, OrgId } from '#kernel/ids'
import { shownMoney } from '#kernel/schemas'
import { assertMaySpend, spendingOf, type SpendingSettings } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { boughtIn } from './plan.ts'
import type { Plan } from './planned-item.ts'

interface Spender {
  connection: ConnectionId
  org: OrgId
  settings: SpendingSettings
  at: Date
}

/** The most that the next purchase of the connection may cost. If the rules refuse this purchase, also the refusal. */
export async function quotedSpending(db: Db, plan: Plan, spender: Spender) {
  const bought = boughtIn(plan)
  if (!bought) return undefined
  const { currency } = plan.total
  const { currencies } = await spendingOf(db, spender)
  const amountMinor = currencies.find(({ limit }) => limit.currency === currency)?.left.nextPurchase ?? 0
  return {
    left: shownMoney({ amountMinor, currency }),
    refusal: await refusalOf(assertMaySpend(db, { ...bought, ...spender, cost: plan.total })),
  }
}

async function refusalOf(check: Promise<void>): Promise<Refusal | undefined> {
  try {
    await check
    return undefined
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return asRefusal(error)
  }
}
