import { setSpendingRules } from '#domain/spending'
import type { Assistant, Shop } from './a-shop.ts'
import { EUR } from './a-spender.ts'

type OfShop = Pick<Shop, 'db' | 'market'>
type Spender = Pick<Assistant, 'connection'>

/** Sets what an assistant may spend per purchase, day and month, in whole euros. `by`: the person of the assistant. */
export const limit = (
  { db, market }: OfShop,
  { connection }: Spender,
  { by = 'buyer', most }: { by?: string; most: number },
) =>
  setSpendingRules(db, {
    connection,
    by: market.person(by),
    rules: { limits: [EUR(most)], vendors: 'all', subscriptions: true },
    at: new Date(),
  })

/** The states and amounts of the holds of an assistant, the highest amount first. */
export async function holdsOf({ db }: OfShop, { connection }: Spender): Promise<string[]> {
  const rows = await db
    .selectFrom('spending_holds')
    .select(['amount', 'state'])
    .where('connection_id', '=', connection)
    .orderBy('amount', 'desc')
    .execute()
  return rows.map(({ amount, state }) => `${state} ${amount}`)
}
