import { z } from 'zod'
import { spendingOf, spendingStoppedSince } from '#domain/spending'
import { moneyText } from '#kernel/money'
import { foreignName } from '../../call/foreign-text.ts'
import { type Context, defineTool } from '../../call/tool.ts'

const spendingLimit = z.looseObject({
  per_purchase: z.string(),
  left_today: z.string(),
  left_this_month: z.string(),
})

export default defineTool({
  kind: 'read',
  name: 'whoami',
  title: 'Who am I',
  description: `
    Shows whose account and which connection this is, its scopes, what it may spend, and its active org.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({
    customer: z.looseObject({ id: z.string(), name: z.string(), email: z.string() }),
    connection: z.looseObject({
      id: z.string(),
      client: z.string(),
      scopes: z.array(z.string()),
      since: z.string(),
    }),
    spending: z
      .looseObject({
        stopped: z.boolean().optional().describe('The active org has stopped assistants'),
        limits: z.array(spendingLimit).describe('Days and months are UTC'),
      })
      .optional()
      .describe('Absent without the scope buy'),
    active_org: z.looseObject({ slug: z.string(), name: z.string(), role: z.string() }).optional(),
  }),

  async run(_, context) {
    const { caller, connectedAt, person, activeOrg } = context
    return {
      customer: { id: caller.customer, name: foreignName(person.displayName), email: person.email },
      connection: {
        id: caller.connection,
        client: foreignName(caller.clientName ?? ''),
        scopes: [...caller.scopes],
        since: connectedAt.toISOString(),
      },
      ...(caller.scopes.includes('buy') && { spending: await shownSpending(context) }),
      ...(activeOrg && {
        active_org: { slug: activeOrg.slug, name: foreignName(activeOrg.name), role: activeOrg.role },
      }),
    }
  },
})

async function shownSpending({ db, caller, activeOrg, spending: settings, at }: Context) {
  const { currencies } = await spendingOf(db, { connection: caller.connection, settings, at })
  const isStopped = activeOrg && (await spendingStoppedSince(db, activeOrg.id))
  return {
    ...(isStopped && { stopped: true }),
    limits: currencies.map(({ limit: { currency, perPurchase }, left }) => ({
      per_purchase: moneyText({ amountMinor: perPurchase, currency }),
      left_today: moneyText({ amountMinor: left.today, currency }),
      left_this_month: moneyText({ amountMinor: left.thisMonth, currency }),
    })),
  }
}
