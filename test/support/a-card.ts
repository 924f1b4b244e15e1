import { listPaymentMethods } from '#domain/billing'
import type { Market } from './a-market.ts'

/** The card of an org of the demo market, which is not the default from now on. */
export async function aCardThatIsNoDefault({ db, org }: Market, slug: string): Promise<string> {
  const [card] = await listPaymentMethods(db, org(slug))
  if (!card) return 'pmt_none'
  await db.updateTable('payment_methods').set({ default_since: null }).where('id', '=', card.id).execute()
  return card.id
}
