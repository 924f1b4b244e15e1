import type { Edition } from '#kernel/schemas'
import { shownMoney } from '#kernel/schemas'
import { findPaymentMethod } from '#domain/billing'
import { paidUntil } from '#domain/licensing'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import type { SpendingSettings } from '#domain/spending'
import type { ConnectionId, OrgId, PaymentMethodId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import { slugOfNew } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { quoteTerms } from './quote-terms.ts'
import { type AlsoNeeded, alsoNeeded } from './also-needed.ts'
import { cartToCheckOut } from './cart-checkout.ts'
import { planPurchase } from './plan.ts'
import type { Plan, PlannedItem } from './planned-item.ts'
import { type Destination, destinationOf, packagesWanted, planChoices, type Purchase } from './purchase.ts'
import { issueQuote, QUOTE_LIFETIME } from './quote.ts'
import { quotedSpending } from './quoted-spending.ts'
import { refuseSameIntent } from './same-intent.ts'

export interface QuoteWanted {
  org: OrgAccess
  input: Purchase
  at: Date
  quoteKey: Buffer
  /** The connection that would buy. Absent in the browser, where there is no spending limit. */
  spender?: { connection: ConnectionId; settings: SpendingSettings }
}

/**
 * Returns what a purchase would do and cost, with a quote for that price. Writes nothing. A quote for a cart needs
 * the permission `fill_cart`, not `buy`. For a connection it also says what is left of its spending limits, and whether
 * they allow the purchase now. Refuses what `planPurchase` and `refuseSameIntent` refuse, and for a cart what
 * `cartToCheckOut` refuses. An edition other than the project's is only reported.
 */
export async function quotePurchase(db: Db, wanted: QuoteWanted) {
  assertMay(wanted.org, wanted.input.packages ? 'buy' : 'fill_cart')
  return quoteOf(db, wanted)
}

/**
 * The same quote of packages, for members who may only fill the cart. Only a member who may buy can buy with it.
 */
export async function quotePackages(
  db: Db,
  wanted: QuoteWanted & { input: { packages: NonNullable<Purchase['packages']> } },
) {
  assertMay(wanted.org, 'fill_cart')
  return quoteOf(db, wanted)
}

async function quoteOf(db: Db, { org, input, at, quoteKey, spender }: QuoteWanted) {
  const destination = await destinationOf(db, org, input)
  const { project, edition } = destination
  const wanted = input.packages ? packagesWanted(input.packages) : await cartToCheckOut(db, org.id)
  const plan = await planPurchase(db, { org: org.id, wanted, ...destination, ...planChoices(input), at })
  await refuseSameIntent(db, { org: org.id, purchase: input, destination, plan })
  const names = plan.items.map(({ name }) => name)
  const card = await cardFor(db, { org, plan, wanted: input.payment_method })
  const terms = quoteTerms({ org: org.id, plan, purchase: input, destination }, card?.id)
  return {
    quote: issueQuote(quoteKey, terms, at),
    expires_at: new Date(at.getTime() + QUOTE_LIFETIME).toISOString(),
    total: shownMoney(plan.total),
    saved: savedBy(plan),
    for_project: await projectFor(db, { ...destination, org: org.id, wanted: input.new_project }),
    card: card?.name,
    lines: plan.items.map((item) => quotedLine(item, at)),
    alsoNeeds: destination.assignsLicences
      ? await alsoNeeded(db, { project: project?.id, edition, names })
      : ([] as AlsoNeeded[]),
    spending: spender && (await quotedSpending(db, plan, { ...spender, org: org.id, at })),
  }
}

export type Quote = Awaited<ReturnType<typeof quotePurchase>>

/** The project by its slug. Undefined when the licences stay with the org. */
async function projectFor(
  db: Db,
  {
    project,
    edition,
    assignsLicences,
    org,
    wanted,
  }: Destination & { org: OrgId; wanted: Purchase['new_project'] },
) {
  if (!assignsLicences) return undefined
  if (project) return { slug: project.slug, edition, is_new: false }
  return wanted && { slug: await slugOfNew(db, { org, name: wanted.name }), edition, is_new: true }
}

/** The card that would be charged. `none`: the purchase would wait for one. Undefined for who may not see it. */
async function cardFor(
  db: Db,
  { org, plan, wanted }: { org: OrgAccess; plan: Plan; wanted: string | undefined },
): Promise<{ id?: PaymentMethodId; name: string } | undefined> {
  if (!plan.total.amountMinor || !may(org.role, 'buy')) return undefined
  return (await findPaymentMethod(db, org.id, wanted)) ?? { name: 'none' }
}

/** What the packages cost by themselves that come with others. Undefined when they cost nothing. */
function savedBy({ items, total: { currency } }: Plan) {
  const saved = items.flatMap((each): Money[] => (each.saved?.currency === currency ? [each.saved] : []))
  const sum = sumOf(currency, saved)
  return sum.amountMinor ? shownMoney(sum) : undefined
}

function quotedLine(item: PlannedItem, at: Date) {
  const { name, edition, model, action, price, licence, through, renewal, otherThan } = item
  const until = renewal?.until ?? (action === 'buy' ? paidUntil(model, at) : undefined)
  return {
    package: name,
    edition,
    model,
    action,
    price: shownMoney(price),
    ...(licence && { licence }),
    ...(through && { through }),
    ...(renewal && { renews_from: renewal.from.toISOString() }),
    ...(until && { valid_until: until.toISOString() }),
    ...(otherThan && { other_than: otherThan satisfies Edition }),
  }
}
