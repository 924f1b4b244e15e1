import type { FastifyInstance } from 'fastify'
import { type OwnPackage, ownPackages } from '#domain/offers'
import { may, type OrgAccess } from '#domain/orgs'
import { listVendors } from '#domain/vendors'
import { packageName } from '#kernel/schemas'
import { badge } from '../components/badge.ts'
import { linkButton } from '../components/button.ts'
import { codeBlock } from '../components/code-block.ts'
import { emptyState } from '../components/empty-state.ts'
import { dayText, dotted } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { noVendor } from './publish-form.ts'
import { PUBLISH } from './own-steps.ts'
import { PACKAGES, pathOf } from './paths.ts'
import type { PackagesOptions } from './visit.ts'
import { priceText, syncText, VISIBILITY_WORDS } from './words.ts'

const SHOWN = 50
const TITLE = 'Packages'

/** The packages of the vendors of the org in which the visitor works. */
export function packageListPage(app: FastifyInstance, { db }: PackagesOptions): void {
  app.get<{ Querystring: { after?: unknown } }>(PACKAGES, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org || !may(org.role, 'publish')) return sendPage(reply, nothingToSee)
    const { data: after } = packageName.safeParse(request.query.after)
    const found = await ownPackages(db, { org: org.id, limit: SHOWN + 1, after })
    const none = found.length || after !== undefined ? undefined : await emptyList(db, org)
    return sendPage(reply, listPage(org, { found, after, none }))
  })
}

const nothingToSee: Page = {
  title: TITLE,
  heading: TITLE,
  body: emptyState({
    title: 'Nothing to see here',
    text: 'Your role in this org may not publish packages. Choose another org, or ask an owner or admin.',
  }),
}

/** An org without an approved vendor cannot publish yet. */
async function emptyList(db: PackagesOptions['db'], org: OrgAccess): Promise<Html> {
  const vendors = await listVendors(db, org.id)
  return vendors.some(({ status }) => status === 'approved') ? howToPublish : noVendor(vendors.length > 0)
}

interface Listed {
  found: readonly OwnPackage[]
  after: string | undefined
  /** Shown instead of an empty list. */
  none: Html | undefined
}

function listPage(org: OrgAccess, { found, after, none }: Listed): Page {
  const shown = found.slice(0, SHOWN)
  const last = shown.at(-1)
  return {
    title: TITLE,
    heading: TITLE,
    lead: `What the vendors of ${org.name} publish.`,
    breadcrumb: [{ href: '/account/vendor', text: 'Vendor' }],
    ...(shown.length > 0 && { action: linkButton(PUBLISH, 'Publish') }),
    body: html`${
        shown.length
          ? html`<h2 class="visually-hidden">All packages</h2>
              <ul class="rows">
                ${shown.map(row)}
              </ul>`
          : (none ?? html`<p>There are no more packages.</p>`)
      }
      <p class="buttons">
        ${after !== undefined && linkButton(PACKAGES, 'First packages', { kind: 'quiet' })}
        ${
          last !== undefined &&
          found.length > SHOWN &&
          linkButton(`${PACKAGES}?after=${encodeURIComponent(last.name)}`, 'Next packages', { kind: 'quiet' })
        }
      </p>`,
  }
}

const row = ({ id, name, title, visibility, obstacles, ...pack }: OwnPackage): Html =>
  html`<li>
    <div class="about">
      <h3>
        <a href="${pathOf(id)}">${title}</a>
        ${badge(VISIBILITY_WORDS[visibility].text, VISIBILITY_WORDS[visibility].tone)}
        ${visibility === 'public' && obstacles.length > 0 && badge('cannot be bought', 'warn')}
      </h3>
      <p class="small mono">${name}</p>
      <p class="small">${dotted([versionsText(pack), syncText(pack.sync)])}</p>
    </div>
    <span class="price">${cheapest(pack.prices)}</span>
  </li>`

function versionsText({ versions, newest }: Pick<OwnPackage, 'versions' | 'newest'>): Html {
  if (!newest) return html`No version yet`
  const count = versions === 1 ? '1 version' : `${versions} versions`
  return html`${count}, newest <span class="mono">${newest.tag}</span> of ${dayText(newest.releasedAt)}`
}

function cheapest(prices: OwnPackage['prices']): string {
  const [least, ...others] = prices.toSorted((a, b) => a.amountMinor - b.amountMinor)
  if (!least) return 'No price'
  return `${others.some(({ amountMinor }) => amountMinor > least.amountMinor) ? 'from ' : ''}${priceText(least)}`
}

const howToPublish: Html = html`${emptyState({
  title: 'No package is published yet',
  text: html`Push a tag such as <span class="mono">v1.0.0</span> to the repository of a Composer package. Then
    publish it here, or say to your assistant what is below.`,
  action: linkButton(PUBLISH, 'Publish a repository'),
})}
${codeBlock('Publish https://git.example/acme/module-gifts for me.', { caption: 'Say to your assistant' })}`
