import type { ListedIntegration } from '#domain/git'
import { may, type OrgAccess } from '#domain/orgs'
import { type Dashboard, type ListedVendor, nextVendorSteps, type VendorStep } from '#domain/vendors'
import { moneyText } from '#kernel/money'
import { badge } from '../components/badge.ts'
import { linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { emptyState } from '../components/empty-state.ts'
import { notice, type Tone } from '../components/notice.ts'
import { table } from '../components/table.ts'
import { dayText, editionName, momentText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { pathOf } from '../packages/paths.ts'

export const VENDOR_PATH = '/account/vendor'
export const APPLY_PATH = `${VENDOR_PATH}/apply`
const PUBLISH_PATH = `${VENDOR_PATH}/publish`
export const applicationPath = (id: string): string => `${VENDOR_PATH}/applications/${id}`
const TITLE = 'Vendor'

interface Overview {
  org: OrgAccess
  dashboard: Dashboard
  /** Undefined for a role that may not see them. */
  integrations: readonly ListedIntegration[] | undefined
  mayApply: boolean
  isWithdrawn: boolean
}

export const notForThisRole: Page = {
  title: TITLE,
  heading: TITLE,
  body: emptyState({
    title: 'Nothing to see here',
    text: 'Your role in this org does not sell packages. Choose another org, or ask an owner or admin.',
  }),
}

export function overviewOfVendors(overview: Overview): Page {
  const { org, dashboard, mayApply, isWithdrawn } = overview
  const { vendors, ended } = dashboard
  const isNew = !vendors.length
  const mayPublish = may(org.role, 'publish') && vendors.some(({ status }) => status === 'approved')
  return {
    title: TITLE,
    heading: TITLE,
    lead: isNew ? `Sell and share packages as ${org.name}.` : `What ${org.name} publishes and sells.`,
    ...(mayPublish && { action: linkButton(PUBLISH_PATH, 'Publish') }),
    body: html`${isWithdrawn && notice({ tone: 'good', text: 'The application is withdrawn.' })}
    ${isNew ? beginning(mayApply) : html`${nextSteps(overview)} ${vendors.map(vendorCard)} ${mayApply && another}`}
    ${dashboard.packageCount > 0 && packages(org, dashboard)} ${sales(dashboard)}
    ${!isNew && gitHosts(overview)} ${ended.length > 0 && endedTable(ended)}`,
  }
}

const another = html`<p><a href="${APPLY_PATH}">Apply for another slug</a></p>`

const beginning = (mayApply: boolean): Html =>
  emptyState({
    title: 'Become a vendor',
    text: mayApply
      ? 'Apply for a slug, the first part of your package names. The operator of this market looks at it. Then each tag of your repositories becomes a version.'
      : 'An owner or admin of this org can apply for a slug.',
    action: mayApply ? linkButton(APPLY_PATH, 'Apply as a vendor') : undefined,
  })

const STEPS: Record<VendorStep, { text: string; link?: { href: string; text: string } } | undefined> = {
  apply: undefined,
  await_approval: {
    text: 'The operator of this market looks at your application. A mail reports the decision.',
  },
  connect_git: {
    text: 'Connect the Git host of your repositories.',
    link: { href: '/account/git', text: 'Connect a Git host' },
  },
  reconnect_git: {
    text: 'A Git host refuses our access, so new tags do not become versions.',
    link: { href: '/account/git', text: 'Connect it again' },
  },
  publish: {
    text: 'Publish your first repository, or ask your assistant to.',
    link: { href: PUBLISH_PATH, text: 'Publish a repository' },
  },
  mend_sync: { text: 'The tags of a package could not be read. The table says why.' },
  no_payouts_yet: {
    text: 'Paid packages cannot be sold yet, because payouts cannot be set up here yet. Free ones can.',
  },
}

function nextSteps({ dashboard, integrations }: Overview): Html | false {
  const steps = nextVendorSteps(dashboard, integrations).flatMap((step) => STEPS[step] ?? [])
  return (
    steps.length > 0 &&
    html`<section>
      <div class="section-head"><h2>Next</h2></div>
      <ul class="rows">
        ${steps.map(
          ({ text, link }) =>
            html`<li>
              <div class="about"><p>${text}</p></div>
              ${link && linkButton(link.href, link.text, { kind: 'quiet' })}
            </li>`,
        )}
      </ul>
    </section>`
  )
}

const STATES: Record<ListedVendor['status'], [text: string, tone: Tone]> = {
  applied: ['waits for approval', 'warn'],
  approved: ['approved', 'good'],
  suspended: ['suspended', 'bad'],
}

const vendorCard = ({ id, slug, name, status, isPayable, appliedAt, approvedAt }: ListedVendor): Html =>
  card(
    name,
    html`${facts([
      ['Slug', html`<span class="mono">${slug}</span>`],
      ['State', badge(...STATES[status])],
      approvedAt ? ['Approved', dayText(approvedAt)] : ['Applied', dayText(appliedAt)],
      ['Paid packages', isPayable ? 'can be sold' : 'cannot be sold yet'],
    ])}
    ${
      status === 'applied' &&
      html`<div class="buttons">
        ${linkButton(applicationPath(id), 'See the application', { kind: 'quiet', fullText: `See the application for ${slug}` })}
      </div>`
    }`,
  )

/** Who may not publish sees no page of a package. */
const packageName = (org: OrgAccess, { id, name }: Dashboard['packages'][number]): Html =>
  may(org.role, 'publish')
    ? html`<a class="mono" href="${pathOf(id)}">${name}</a>`
    : html`<span class="mono">${name}</span>`

const packages = (org: OrgAccess, { packages: shown, packageCount }: Dashboard): Html =>
  html`<section>
    <div class="section-head">
      <h2>Packages</h2>
      <a href="${VENDOR_PATH}/packages">${packageCount === 1 ? 'See it' : `See all ${packageCount}`}</a>
    </div>
    ${table({
      caption: 'Packages',
      isCaptionHidden: true,
      columns: [
        { title: 'Package' },
        { title: 'Versions', isNumber: true },
        { title: 'Failing checks', isNumber: true },
        { title: 'Last look', isWideOnly: true },
      ],
      rows: shown.map((each) => [
        html`${packageName(org, each)}
        ${each.isWithdrawn ? badge('withdrawn', 'bad') : each.isHidden && badge('hidden')}`,
        each.versions,
        each.failingChecks,
        lastLook(each),
      ]),
    })}
  </section>`

function lastLook({ lastSyncAt, syncError }: Dashboard['packages'][number]): Html {
  if (syncError) return html`${badge('failed', 'bad')} ${syncError.message}`
  return lastSyncAt ? momentText(lastSyncAt) : html`<span class="muted">never</span>`
}

/** Roles that may not see sales see no heading for them. */
const sales = ({ sales: shown }: Dashboard): Html | false =>
  shown !== undefined &&
  shown.length > 0 &&
  html`<section>
    <div class="section-head"><h2>Last sales</h2></div>
    ${table({
      caption: 'Last sales',
      isCaptionHidden: true,
      columns: [
        { title: 'Package' },
        { title: 'Edition' },
        { title: 'Paid' },
        { title: 'Price', isNumber: true },
      ],
      rows: shown.map(({ package: name, edition, paidAt, price }) => [
        html`<span class="mono">${name}</span>`,
        editionName(edition),
        momentText(paidAt),
        price.amountMinor === 0 ? 'free' : moneyText(price),
      ]),
    })}
  </section>`

const gitHosts = ({ integrations }: Overview): Html | false =>
  integrations !== undefined &&
  integrations.length > 0 &&
  html`<section>
    <div class="section-head">
      <h2>Git hosts</h2>
      <a href="/account/git">See all</a>
    </div>
    <ul class="rows">
      ${integrations.map(
        ({ host, account, state }) =>
          html`<li>
            <div class="about">
              <h3>${host}</h3>
              <p class="small">${account}</p>
            </div>
            ${state === 'broken' ? badge('broken', 'bad') : badge('connected', 'good')}
          </li>`,
      )}
    </ul>
  </section>`

const endedTable = (ended: Dashboard['ended']): Html =>
  html`<section>
    <div class="section-head"><h2>Ended applications</h2></div>
    ${table({
      caption: 'Ended applications',
      isCaptionHidden: true,
      columns: [{ title: 'Slug' }, { title: 'State' }, { title: 'Ended' }],
      rows: ended.map(({ id, slug, state, endedAt }) => [
        html`<a class="mono" href="${applicationPath(id)}">${slug}</a>`,
        badge(state, state === 'declined' ? 'bad' : 'info'),
        endedAt ? dayText(endedAt) : '',
      ]),
    })}
  </section>`
