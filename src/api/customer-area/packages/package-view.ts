import type { FastifyReply } from 'fastify'
import type { OwnPackage, OwnVersion, SkippedTag } from '#domain/offers'
import { may, type OrgAccess } from '#domain/orgs'
import type { MissingDependency } from '#domain/publishing'
import { visible } from '../../../mcp/call/foreign-text.ts'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { errorSummary, notice } from '../components/notice.ts'
import { table } from '../components/table.ts'
import { dayText, editionName, momentText, typeName } from '../components/text.ts'
import { GIT_PATH } from '../git-view.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { type OfferForms, type Wrong, pricesForm, textsForm, visibilityForm } from './offer-forms.ts'
import { PUBLISH } from './own-steps.ts'
import { pathOf } from './paths.ts'
import { formFields, PACKAGES_CRUMBS } from './visit.ts'
import { OBSTACLE_WORDS, priceText, syncText, VERSION_WORDS, VISIBILITY_WORDS } from './words.ts'

export interface PackageListing extends OfferForms {
  org: OrgAccess
  versions: readonly OwnVersion[]
  /** Where the shown versions begin, and how many there are in all. */
  from: number
  versionCount: number
  skipped: { tags: readonly SkippedTag[]; count: number }
  missing: readonly MissingDependency[]
  saved: string | undefined
}

export const VERSIONS_SHOWN = 25
/** While tags are looked at, the page loads itself again. */
const REFRESH_S = 3

const SAVED: Record<string, string> = {
  texts: 'The texts are saved.',
  prices: 'The prices are saved. They are for new quotes; orders and licences keep theirs.',
  visibility: 'The visibility is saved.',
  sync: 'We look for new tags now.',
}

/** The first field of each form. The error at the top of the page links to it. */
const FIRST_FIELD: Record<Wrong['form'], string> = {
  texts: 'title',
  prices: 'currency',
  visibility: 'visibility-public',
}

export function packagePage(reply: FastifyReply, listing: PackageListing): Page {
  const { pack, org, saved, wrong } = listing
  const { text, tone } = VISIBILITY_WORDS[pack.visibility]
  const message = saved !== undefined && Object.hasOwn(SAVED, saved) ? SAVED[saved] : undefined
  return {
    title: pack.title,
    heading: pack.title,
    lead: html`<span class="mono">${pack.name}</span> · ${typeName(visible(pack.type))} ${badge(text, tone)}`,
    breadcrumb: PACKAGES_CRUMBS,
    ...(pack.sync.isLooking && { refreshSeconds: REFRESH_S }),
    ...(pack.visibility === 'public' &&
      !pack.obstacles.includes('vendor_not_approved') && {
        action: linkButton(`/packages/${pack.name}`, 'See it in the shop', { kind: 'quiet' }),
      }),
    body: html`${wrong && errorSummary([{ name: FIRST_FIELD[wrong.form], error: wrong.message }])}
      ${message !== undefined && notice({ tone: 'good', text: message })} ${obstacles(pack)}
      ${missingPart(listing)} ${card('Git', gitPart(reply, listing))}
      ${may(org.role, 'manage_packages') ? offerCards(reply, listing) : offerFacts(pack)}
      <h2>Versions</h2>
      ${versionTable(listing)} ${skippedTable(listing)}`,
  }
}

const obstacles = ({ obstacles: all, visibility }: OwnPackage): Html | false =>
  all.length > 0 &&
  notice({
    tone: visibility === 'public' ? 'warn' : 'info',
    title: 'Nobody can buy it now',
    text: html`${all.map((each) => OBSTACLE_WORDS[each]).join(' ')}`,
  })

const missingPart = ({ missing }: PackageListing): Html | false =>
  missing.length > 0 &&
  notice({
    tone: 'warn',
    title: 'Buyers may not be able to install it',
    text: html`Version ${visible(missing[0]?.version ?? '')} requires packages that this market has no version
    of: ${missing.map(({ name }, at) => html`${at > 0 && ', '}<span class="mono">${name}</span>`)}. Publish
    it, or tag a version that does not require it. If another repository serves it to your buyers, you need to
    do nothing.`,
  })

function gitPart(reply: FastifyReply, { pack, org }: PackageListing): Html {
  const { sync } = pack
  const { host, isHooked, lastPushAt, error } = sync
  if (host === undefined)
    return html`<p>
      ${syncText(sync)}. <a href="${PUBLISH}">Publish its repository</a>; then each new tag becomes a version.
    </p>`
  const hook = isHooked
    ? badge('reports pushes', 'good')
    : html`${badge('missing', 'warn')}
      ${may(org.role, 'manage_git') && html`<a href="${GIT_PATH}/hooks/${pack.id}">Create it</a>`}`
  return html`${error && notice({ tone: 'warn', title: 'The last look failed', text: visible(error.message) })}
    ${facts([
      ['Git host', host],
      ['Push hook', hook],
      ['Last push', lastPushAt ? momentText(lastPushAt) : 'none yet'],
      ['Tags', syncText(sync)],
    ])}
    <form method="post" action="${pathOf(pack.id, 'sync')}">
      ${formFields(reply, pack)}${button('Look for new tags now', { kind: 'quiet' })}
    </form>`
}

const offerCards = (reply: FastifyReply, listing: PackageListing): Html =>
  html`${card('Texts', textsForm(reply, listing))} ${card('Prices', pricesForm(reply, listing))}
  ${card('Visibility', visibilityForm(reply, listing))}`

const offerFacts = ({ summary, prices }: OwnPackage): Html =>
  card(
    'Offer',
    html`${summary && html`<p>${visible(summary)}</p>`}
      ${facts(prices.map((price) => [editionName(price.edition), priceText(price)]))}
      <p class="small">An owner or admin of this org changes texts, prices and visibility.</p>`,
  )

function versionTable({ pack, versions, from, versionCount }: PackageListing): Html {
  const page = (start: number, text: string) =>
    linkButton(`${pathOf(pack.id)}?from=${start}`, text, { kind: 'quiet' })
  return html`${table({
      caption: 'Versions',
      isCaptionHidden: true,
      columns: [
        { title: 'Version' },
        { title: 'State' },
        { title: 'Checks' },
        { title: 'Released', isNumber: true },
      ],
      rows: versions.map((version) => [
        html`<a class="row mono" href="${pathOf(pack.id, 'versions', version.id)}"
          >${visible(version.label)}</a
        >`,
        html`${badge(VERSION_WORDS[version.status].text, VERSION_WORDS[version.status].tone)}
        ${version.movedTo !== undefined && badge('tag moved', 'warn')}`,
        checksText(version),
        dayText(version.releasedAt),
      ]),
      empty: 'No tag has become a version yet.',
    })}
    <p class="buttons">
      ${from > 0 && page(Math.max(0, from - VERSIONS_SHOWN), 'Newer versions')}
      ${from + VERSIONS_SHOWN < versionCount && page(from + VERSIONS_SHOWN, 'Older versions')}
    </p>`
}

function checksText({ checks, warnings, failures }: OwnVersion): Html {
  if (!checks) return badge('not checked')
  if (failures) return badge(failures === 1 ? '1 fails' : `${failures} fail`, 'bad')
  if (warnings) return badge(warnings === 1 ? '1 warns' : `${warnings} warn`, 'warn')
  return badge('nothing found', 'good')
}

const skippedTable = ({ skipped: { tags, count } }: PackageListing): Html | false =>
  count > 0 &&
  html`<h2>Skipped tags</h2>
    ${count > tags.length && html`<p class="small">The ${tags.length} that were seen last, of ${count}.</p>`}
    ${table({
      caption: 'Skipped tags',
      isCaptionHidden: true,
      columns: [{ title: 'Tag' }, { title: 'Why it is no version' }],
      rows: tags.map(({ tag, message }) => [
        html`<span class="mono">${visible(tag)}</span>`,
        visible(message),
      ]),
    })}`
