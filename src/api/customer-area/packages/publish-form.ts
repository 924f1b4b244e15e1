import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { ListedIntegration } from '#domain/git'
import type { OrgAccess } from '#domain/orgs'
import type { ListedVendor } from '#domain/vendors'
import { button, linkButton } from '../components/button.ts'
import { emptyState } from '../components/empty-state.ts'
import { select, textArea } from '../components/field.ts'
import { errorSummary } from '../components/notice.ts'
import { repositoriesPath } from '../git-repositories-view.ts'
import { GIT_PATH } from '../git-view.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { shownStep } from '../next-steps.ts'
import type { NextStep } from '../next-step.ts'
import { csrfField } from '../session.ts'
import { PUBLISH } from './own-steps.ts'
import { PACKAGES_CRUMBS } from './visit.ts'

export const MOST_REPOSITORIES = 20
const TITLE = 'Publish packages'

/** Why a form was refused. `field`: its control. */
export interface WrongPublication {
  field: 'repositories' | 'vendor'
  message: string
  step?: NextStep | undefined
}

export interface PublishForm {
  org: OrgAccess
  vendors: readonly ListedVendor[]
  integrations: readonly ListedIntegration[]
  /** What the field of URLs holds. */
  repositories: string
  /** The chosen vendor. */
  vendor: string
  wrong?: WrongPublication | undefined
}

const page = (body: Html): Page => ({
  title: TITLE,
  heading: TITLE,
  lead: 'From Git: each version tag, such as v1.2.0, becomes a version, and so do tags that you push later.',
  breadcrumb: PACKAGES_CRUMBS,
  body,
})

export const mayNotPublish: Page = page(
  emptyState({
    title: 'Nothing to see here',
    text: 'Your role in this org may not publish packages. Choose another org, or ask an owner or admin.',
  }),
)

/** The form that publishes. Without an approved vendor, what to do first. */
export function publishPage(reply: FastifyReply, form: PublishForm): Page {
  const approved = form.vendors.filter(({ status }) => status === 'approved')
  if (!approved.length) return page(noVendor(form.vendors.length > 0))
  const { wrong } = form
  return page(
    html`${wrong && errorSummary([{ name: wrong.field, error: wrong.message }])}
      ${wrong?.step && html`<p>${shownStep(wrong.step)}</p>`} ${publishForm(reply, form, approved)}
      <h2>What happens then</h2>
      <ul>
        <li>
          If we have no access to the Git host yet, the next page leads you there. The publication then goes
          on by itself.
        </li>
        <li>
          We read composer.json at the newest version tag. The package name in it has to begin with the slug
          of the vendor.
        </li>
        <li>
          A refused repository leaves the others as they are. Nobody can buy a new package before you set its
          price.
        </li>
      </ul>`,
  )
}

export const noVendor = (isApplied: boolean): Html =>
  emptyState({
    title: isApplied ? 'The vendor is not approved yet' : 'Become a vendor first',
    text: isApplied
      ? 'The operator of this market has to approve a vendor before it publishes. A mail reports the decision.'
      : 'A package belongs to a vendor, whose slug is the first part of its name.',
    action: linkButton('/account/vendor', isApplied ? 'See the application' : 'Become a vendor'),
  })

function publishForm(
  reply: FastifyReply,
  { org, vendors, integrations, repositories, vendor, wrong }: PublishForm,
  approved: readonly ListedVendor[],
): Html {
  const [only] = approved
  return html`<form class="stack" method="post" action="${PUBLISH}">
    ${csrfField(reply)}<input type="hidden" name="key" value="${randomUUID()}" /><input
      type="hidden"
      name="org"
      value="${org.slug}"
    />
    ${textArea({
      name: 'repositories',
      label: 'Repositories',
      hint: `One URL per line, at most ${MOST_REPOSITORIES}, such as https://git.example/${only?.slug ?? 'acme'}/module-gifts or git@git.example:${only?.slug ?? 'acme'}/module-gifts.git.`,
      rows: Math.min(Math.max(repositories.split('\n').length, 3), 10),
      value: repositories,
      isRequired: true,
      isCode: true,
      error: wrong?.field === 'repositories' ? wrong.message : undefined,
    })}
    ${fromHosts(integrations)}
    ${
      approved.length > 1
        ? select({
            name: 'vendor',
            label: 'Vendor',
            options: [
              { value: '', text: 'Choose a vendor' },
              ...approved.map(({ slug, name }) => ({ value: slug, text: `${name} (${slug}/…)` })),
            ],
            chosen: vendor,
            error: wrong?.field === 'vendor' ? wrong.message : undefined,
          })
        : only && vendors.length > 1 && html`<input type="hidden" name="vendor" value="${only.slug}" />`
    }
    <div class="buttons">
      ${button('Publish')} ${button('Only check', { kind: 'quiet', name: 'check', value: 'yes' })}
    </div>
  </form>`
}

const fromHosts = (integrations: readonly ListedIntegration[]): Html => {
  const connected = integrations.filter(({ state }) => state === 'connected')
  return html`<p class="small">
    ${
      connected.length
        ? html`Or choose from the repositories of
          ${connected.map(
            ({ id, account, host }, at) =>
              html`${at > 0 && ', '}<a href="${repositoriesPath(id)}">${account} at ${host}</a>`,
          )}.`
        : html`No Git host is connected: the page after this one asks for the access, or
            <a href="${GIT_PATH}">connect one first</a>.`
    }
  </p>`
}
