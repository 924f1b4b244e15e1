import type { Calls } from './payment-calls.ts'
import { asIntent } from './payment-intents.ts'
import type { Intent, Payments } from './payment-types.ts'

/** How far a database may be restored to without any key being charged again. */
const LOOK_BACK_SECONDS = 30 * 24 * 60 * 60

export const earlierCalls = ({ stripe, ask }: Calls) =>
  ({
    async findEarlierIntents({ mark, customer, before }) {
      const gte = Math.floor(before.getTime() / 1000) - LOOK_BACK_SECONDS
      const pages = stripe.paymentIntents.list({ customer, created: { gte }, limit: 100 })
      return ask(marked(pages, mark))
    },
  }) satisfies Partial<Payments>

async function marked(pages: AsyncIterable<Parameters<typeof asIntent>[0]>, mark: string): Promise<Intent[]> {
  const found: Intent[] = []
  for await (const intent of pages) if (intent.metadata['purchase'] === mark) found.push(asIntent(intent))
  return found
}
