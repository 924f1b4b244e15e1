import { z } from 'zod'
import type { ConflictCode, Resolution } from '#domain/resolution'
import { may, type OrgAccess } from '#domain/orgs'
import { sumOf } from '#kernel/money'
import { edition, MOST_PACKAGES, shownMoney } from '#kernel/schemas'
import { nextStepAfter } from '../../call/next-steps.ts'
import { briefly } from '../../call/shape.ts'
import { shownQuote } from '../cart/quote-view.ts'

const conflict = z.looseObject({ code: z.string(), message: z.string(), next_step: z.string() })

export const resolutionView = z.looseObject({
  org: z.string(),
  edition,
  project: z.string().optional(),
  packages: z
    .array(
      z.looseObject({
        package: z.string(),
        state: z
          .enum(['buy', 'renew', 'activate', 'conflict', 'covered', 'not_needed'])
          .describe('activate: the org has a free licence'),
      }),
    )
    .describe('Those of this market'),
  not_sold_here: z.int().describe('How many others the files name'),
  conflicts: z.array(conflict).optional(),
  cheapest_set: z
    .looseObject({
      items: z.array(z.looseObject({ package: z.string(), action: z.string() })),
      exact: z.boolean(),
    })
    .optional(),
  purchases: briefly(
    z.array(z.looseObject({ arguments: z.looseObject({ packages: z.array(z.unknown()) }) })).optional(),
    'Each with the arguments of purchase_and_install_package, and its dry_run',
  ),
  notes: z.array(z.string()).describe('For the user'),
})

type View = z.input<typeof resolutionView>

/** In this order: what has to be done comes first, because a long list is cut. */
const STATES = resolutionView.shape.packages.unwrap().shape.state.options

/** One may have 600 characters, so these are 18,000. */
const MOST_CONFLICTS = 30

export function shownResolution(org: OrgAccess, found: Resolution): View {
  const { project, packages, conflicts, set, purchases } = found
  const sorted = packages.toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state))
  return {
    org: org.slug,
    edition: found.edition,
    ...(project && { project }),
    packages: sorted.map(shownPackage),
    not_sold_here: found.elsewhere,
    ...(conflicts.length && { conflicts: conflicts.slice(0, MOST_CONFLICTS).map(shownConflict) }),
    ...(conflicts.length > MOST_CONFLICTS && { more_conflicts: conflicts.length - MOST_CONFLICTS }),
    ...(set?.options.length && { cheapest_set: shownSet(set) }),
    ...(purchases.length && { purchases: purchases.map(shownPurchase) }),
    notes: notesOn(org, found),
  }
}

function shownPackage(each: Resolution['packages'][number]) {
  const { version, isDev, requiredBy, through, licence, until, withoutRenewal, beyond, replacedBy } = each
  return {
    package: each.package,
    state: each.state,
    ...(version && { version }),
    ...(isDev && { dev: true }),
    ...(requiredBy && { required_by: requiredBy }),
    ...(through && { through }),
    ...(licence && { licence }),
    ...(until && { licence_until: until.toISOString() }),
    ...(withoutRenewal && { without_renewal: withoutRenewal }),
    ...(beyond && { newer_needs_renewal: beyond }),
    ...(replacedBy && { replaced_by: replacedBy }),
  }
}

function shownConflict({ code, packages, message, refusal }: Resolution['conflicts'][number]) {
  return {
    code: refusal?.code ?? code,
    ...(packages.length && { packages }),
    message,
    next_step: refusal ? nextStepAfter(refusal) : CONFLICT_STEPS[code],
  }
}

/** What a model can do about each conflict. */
const CONFLICT_STEPS: Record<ConflictCode, string> = {
  cannot_be_bought: 'Tell the user; list_packages finds others.',
  constraint_unreadable: 'Correct the constraint in composer.json.',
  edition_differs: 'Pass the project of this shop, or new_project.',
  installed_version_clashes: 'Change the constraint, or update what is installed, then ask again.',
  locked_version_unknown:
    'Ask the user where it was installed from; composer update takes one of this market.',
  no_matching_version: 'Call list_package_versions, and change the constraint in composer.json.',
  packages_clash: 'Change one of the constraints, or update the lock, then ask again.',
  replaced_by_another: 'Remove one of them from composer.json.',
  unknown_package: 'Check the name; list_packages finds those that exist.',
  version_blocked: 'Update it at once: call list_package_versions.',
}

function shownSet({ options, separately, isExact }: NonNullable<Resolution['set']>) {
  const totals = totalsOf(options.map(({ price }) => price))
  const alone = totalsOf(separately)
  const bought = totalsOf(options.filter(({ kind }) => kind === 'buy').map(({ price }) => price))
  const [one, sum] = [alone[0], bought[0]]
  const saved =
    one && sum && alone.length === 1 && bought.length === 1 && one.currency === sum.currency
      ? one.amountMinor - sum.amountMinor
      : 0
  return {
    items: options.map(({ kind, package: name, price, model, licence, until }) => ({
      package: name,
      action: kind,
      ...(model && { model }),
      ...(kind !== 'activate' && { price: shownMoney(price) }),
      ...(licence && { licence }),
      ...(until && { valid_until: until.toISOString() }),
    })),
    totals: totals.map(shownMoney),
    ...(one && saved > 0 && { saved: shownMoney({ amountMinor: saved, currency: one.currency }) }),
    exact: isExact,
  }
}

const totalsOf = (prices: NonNullable<Resolution['set']>['separately']) =>
  [...Map.groupBy(prices, ({ currency }) => currency)].flatMap(([currency, each]) =>
    currency ? [sumOf(currency, each)] : [],
  )

function shownPurchase({ input, quote, refusal, left }: Resolution['purchases'][number]) {
  return {
    arguments: { ...input },
    ...(quote && shownQuote(quote)),
    ...(refusal && {
      refused: { code: refusal.code, message: refusal.message, next_step: nextStepAfter(refusal) },
    }),
    ...(left && { more_packages: left }),
  }
}

function notesOn(
  { role }: OrgAccess,
  { packages, set, purchases, project, edition: of, isCutOff }: Resolution,
): string[] {
  const has = (state: string) => packages.some((each) => each.state === state)
  const isOpen = has('buy') || has('renew') || has('activate')
  const mayBuy = may(role, 'buy')
  return [
    ...(packages.length ? [] : ['The shop needs no package of this market.']),
    ...(isCutOff
      ? [
          'The constraints are too many to compare all: what is said of versions may be wrong. Ask with fewer packages.',
        ]
      : []),
    ...(packages.length && !isOpen ? ['Nothing has to be bought.'] : []),
    ...(packages.some(({ withoutRenewal }) => withoutRenewal)
      ? [
          'A licence that ended still covers the versions released before its end: without_renewal installs without paying.',
        ]
      : []),
    ...(has('conflict')
      ? ['What a package with a conflict requires is not counted: solve the conflict, then ask again.']
      : []),
    ...(set && !set.isExact
      ? ['The set may not be the cheapest one: there are too many combinations, or several currencies.']
      : []),
    ...(set?.withoutEnd.length
      ? [
          `It is the cheapest by what is paid now: with a yearly licence the updates end after a year, and ${set.withoutEnd.join(', ')} alone is paid once.`,
        ]
      : []),
    ...(isOpen && !set ? ['A member who may fill the cart sees prices and quotes.'] : []),
    ...(isOpen && set && !purchases.length && (has('buy') || has('renew'))
      ? [`Prices are for Magento ${of}. Call again with project or new_project for quotes.`]
      : []),
    ...(has('activate') && !purchases.some(({ quote }) => quote)
      ? ['Call activate_licence for each licence that is free.']
      : []),
    ...(purchases.length
      ? [
          mayBuy
            ? 'After a yes, call purchase_and_install_package with the arguments and the quote of each purchase, and a new idempotency_key.'
            : 'An owner, admin or billing member may buy it; add_to_cart puts it into the cart.',
        ]
      : []),
    ...(purchases.some(({ left }) => left)
      ? [`A purchase has at most ${MOST_PACKAGES} packages: buy these, then ask again.`]
      : []),
    ...(project || !isOpen ? [] : ['Without a project no licence counts that another one uses.']),
  ]
}
