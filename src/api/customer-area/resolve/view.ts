import type { FastifyReply } from 'fastify'
import { may, type OrgAccess } from '#domain/orgs'
import type { ConflictCode, Resolution } from '#domain/resolution'
import { type Money, moneyText, sumOf } from '#kernel/money'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { emptyState } from '../components/empty-state.ts'
import { notice, type Tone } from '../components/notice.ts'
import { table } from '../components/table.ts'
import { dayText, editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { priceText } from '../price-text.ts'
import { csrfField } from '../session.ts'
import { RESOLVE } from './form.ts'

type Found = Resolution
type Package = Found['packages'][number]
type Options = NonNullable<Found['set']>['options']

/** In this order, what has to be done first. */
const STATES: Record<Package['state'], readonly [text: string, tone: Tone]> = {
  buy: ['to buy', 'warn'],
  renew: ['to renew', 'warn'],
  activate: ['free licence', 'info'],
  conflict: ['conflict', 'bad'],
  covered: ['covered', 'good'],
  not_needed: ['not needed', 'info'],
}
const ORDER = Object.keys(STATES)

/** A cart holds as many. */
const MOST_IN_CART = 20
const MOST_SHOWN = 200

export function resolutionBody(reply: FastifyReply, org: OrgAccess, found: Found): Html {
  const { packages, conflicts } = found
  const again = linkButton(
    found.project ? `${RESOLVE}?project=${found.project}` : RESOLVE,
    'Check another composer.json',
    {
      kind: 'quiet',
    },
  )
  if (!packages.length && !conflicts.length)
    return emptyState({
      symbol: 'check',
      title: 'This shop needs no package of this market',
      text: `${found.elsewhere > 0 ? `Its files name ${counted(found.elsewhere)} of other sources. ` : ''}Nothing has to be bought here.`,
      action: again,
    })
  return html`${found.isCutOff && notice({ tone: 'warn', title: 'Not everything was compared', text: 'The constraints of these files are too many. Which versions fit may differ from what is said here.' })}
    ${summary(found)} ${found.set && toDo(reply, org, found, found.set)}
    ${conflicts.length > 0 && conflictList(conflicts)} ${packages.length > 0 && packageList(packages)}
    <p class="muted">
      For
      ${editionName(found.edition)}${found.project ? html`, project <span class="mono">${found.project}</span>` : ''}.
      ${found.elsewhere > 0 && `${counted(found.elsewhere)} of other sources ${found.elsewhere === 1 ? 'is' : 'are'} not listed.`}
    </p>
    <p class="buttons">${again}</p>`
}

const counted = (count: number): string => (count === 1 ? 'One package' : `${count} packages`)

function summary({ packages, set }: Found): Html {
  const open = packages.filter(({ state }) => state === 'buy' || state === 'renew' || state === 'activate')
  const hasConflict = packages.some(({ state }) => state === 'conflict')
  if (!open.length && !hasConflict)
    return notice({
      tone: 'good',
      title: 'Nothing has to be bought',
      text: 'The licences of this project cover all it needs from here.',
    })
  if (!open.length)
    return notice({ tone: 'warn', title: 'Nothing can be bought yet', text: 'See the conflicts below.' })
  const text = set ? '' : 'A member who may fill the cart sees the prices.'
  return notice({
    tone: 'info',
    title: `${counted(open.length)} without a licence for this shop`,
    ...(text && { text }),
  })
}

function toDo(reply: FastifyReply, org: OrgAccess, { edition }: Found, set: NonNullable<Found['set']>): Html {
  const of = (kind: Options[number]['kind']) => set.options.filter((option) => option.kind === kind)
  const [buy, renew, activate] = [of('buy'), of('renew'), of('activate')]
  return html`${buy.length > 0 && card('To buy', purchase(reply, org, { buy, set, edition }))}
  ${
    renew.length > 0 &&
    card(
      'To renew',
      html`${priceTable('Licences to renew', renew)}
        <p>
          Each lasts one more year from its end.
          <a href="/account/licences">Renew them on the page of the licences</a>
        </p>`,
    )
  }
  ${
    activate.length > 0 &&
    card(
      'Already paid',
      html`<p>
          The org has a free licence of ${namesOf(activate.map(({ package: name }) => name))}. It costs
          nothing to use it.
        </p>
        <p><a href="/account/licences">Assign it on the page of the licences</a></p>`,
    )
  }`
}

const namesOf = (names: readonly string[]): Html[] =>
  names.map((name, n) => html`${n > 0 && ', '}<span class="mono">${name}</span>`)

function purchase(
  reply: FastifyReply,
  org: OrgAccess,
  { buy, set, edition }: { buy: Options; set: NonNullable<Found['set']>; edition: Found['edition'] },
): Html {
  const saved = savedBy(set.separately, buy)
  const inCart = buy.slice(0, MOST_IN_CART)
  return html`${priceTable('Packages to buy', buy)}
  ${saved && html`<p>You save ${saved} against buying them separately.</p>`}
  ${
    set.withoutEnd.length > 0 &&
    html`<p>
      This costs least today. Updates of yearly licences stop after a year; ${namesOf(set.withoutEnd)} bought
      alone ${set.withoutEnd.length === 1 ? 'is' : 'are'} paid once.
    </p>`
  }
  ${!set.isExact && html`<p>There are many ways to buy these; another one may cost less.</p>`}
  ${buy.length > inCart.length && html`<p>A cart holds ${MOST_IN_CART} packages. Buy the first ones, then check again.</p>`}
  ${
    may(org.role, 'fill_cart') &&
    html`<form method="post" action="${RESOLVE}/cart">
      ${csrfField(reply)}<input type="hidden" name="org" value="${org.slug}" />
      <input type="hidden" name="edition" value="${edition}" />
      ${inCart.map(({ package: name }) => html`<input type="hidden" name="package" value="${name}" />`)}
      ${button('Put into the cart')}
    </form>`
  }`
}

function savedBy(separately: readonly Money[], buy: Options): string | undefined {
  const [alone, bought] = [totalsOf(separately), totalsOf(buy.map(({ price }) => price))]
  const [one, sum] = [alone[0], bought[0]]
  if (!one || !sum || alone.length > 1 || bought.length > 1 || one.currency !== sum.currency) return undefined
  const amountMinor = one.amountMinor - sum.amountMinor
  return amountMinor > 0 ? moneyText({ amountMinor, currency: one.currency }) : undefined
}

const totalsOf = (prices: readonly Money[]): Money[] =>
  [...Map.groupBy(prices, ({ currency }) => currency)].map(([currency, each]) => sumOf(currency, each))

const priceTable = (caption: string, options: Options): Html =>
  table({
    caption,
    isCaptionHidden: true,
    columns: [{ title: 'Package' }, { title: 'Price', isNumber: true }],
    rows: options.map(({ package: name, price, model, until }) => [
      html`<a class="mono" href="/packages/${name}">${name}</a>`,
      html`${model ? priceText({ ...price, model }) : 'Free'}
      ${until && html`<br /><span class="small">until ${dayText(until)}</span>`}`,
    ]),
    total: [
      'Total, without tax',
      totalsOf(options.map(({ price }) => price))
        .map(moneyText)
        .join(' + '),
    ],
  })

const conflictList = (conflicts: Found['conflicts']): Html =>
  html`<section>
    <div class="section-head"><h2>Conflicts</h2></div>
    <p class="small">
      What a package with a conflict requires is not counted. Solve the conflict, then check again.
    </p>
    ${conflicts.slice(0, MOST_SHOWN).map(({ message, code }) =>
      notice({
        tone: code === 'version_blocked' ? 'bad' : 'warn',
        title: message,
        text: CONFLICT_STEPS[code],
      }),
    )}
    ${cutAt(conflicts)}
  </section>`

/** What a person can do about each conflict. */
const CONFLICT_STEPS: Record<ConflictCode, string> = {
  cannot_be_bought: 'Choose another package, or ask its vendor.',
  constraint_unreadable: 'Correct it in composer.json.',
  edition_differs: 'Choose the project of this shop, or none.',
  installed_version_clashes: 'Allow another version in composer.json, or update what is installed.',
  locked_version_unknown:
    'It may come from another source; “composer update” takes a version of this market.',
  no_matching_version: 'Allow a version that exists in composer.json.',
  packages_clash: 'Allow other versions of one of them in composer.json, or update the lock.',
  replaced_by_another: 'Remove one of them from composer.json.',
  unknown_package: 'Check the name in composer.json.',
  version_blocked: 'Update it at once.',
}

const cutAt = ({ length }: readonly unknown[]) =>
  length > MOST_SHOWN && html`<p>The first ${MOST_SHOWN} of ${length}.</p>`

const packageList = (packages: readonly Package[]): Html =>
  html`<section>
    <div class="section-head"><h2>Packages of this market</h2></div>
    <ul class="rows">
      ${packages
        .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
        .slice(0, MOST_SHOWN)
        .map(
          (each) =>
            html`<li>
              <div class="about">
                <h3><span class="mono">${each.package}</span> ${badge(...badgeOf(each))}</h3>
                <p class="small">${each.version ?? 'no version'}${whyOf(each)}</p>
              </div>
            </li>`,
        )}
    </ul>
    ${cutAt(packages)}
  </section>`

/** What comes with a suite that has to be bought is not bought by itself. */
const badgeOf = ({ state, through }: Package): readonly [text: string, tone: Tone] =>
  state === 'buy' && through !== undefined ? ['in the suite', 'warn'] : STATES[state]

function whyOf(each: Package): Html {
  const { state, through, until, withoutRenewal, beyond, replacedBy, requiredBy, isDev } = each
  const facts = [
    through !== undefined && html`comes with <span class="mono">${through}</span>`,
    requiredBy !== undefined && html`required by <span class="mono">${requiredBy}</span>`,
    until && html`licence until ${dayText(until)}`,
    withoutRenewal !== undefined && html`${withoutRenewal} installs without paying`,
    beyond !== undefined && html`${beyond} needs a renewal`,
    state === 'not_needed' &&
      (replacedBy === undefined
        ? html`a folder of the project has it`
        : html`replaced by <span class="mono">${replacedBy}</span>`),
    isDev && html`for development`,
  ].filter((fact) => fact !== false && fact !== undefined)
  return html`${facts.map((fact) => html` · ${fact}`)}`
}
