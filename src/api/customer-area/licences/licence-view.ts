import type { ListedProject } from '#domain/projects'
import { may } from '#domain/orgs'
import type { Refusal } from '#kernel/errors'
import { ownStepAfter, LICENCES } from '../buying/own-steps.ts'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { confirmation } from '../components/confirm.ts'
import { field, select } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { slots } from '../components/slots.ts'
import { dayText, editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { shownStep } from '../next-steps.ts'
import { csrfField } from '../session.ts'
import { type LicenceVisit, pathOf } from './visit.ts'
import { isRenewable, statusBadge, termFacts } from './words.ts'

/** More projects are no list any more. */
export const MOST_PROJECTS = 100

const CRUMBS = [
  { href: '/account', text: 'Overview' },
  { href: LICENCES, text: 'Licences' },
] as const

export const DONE = {
  activated: 'The licence is active on the project: it can install the package now.',
  moved: 'The licence has moved to the other project.',
  deactivated: 'The licence is no longer active on the project. Its slot is free.',
} as const
export type Done = keyof typeof DONE

export interface LicencePage {
  visit: LicenceVisit
  /** At most `MOST_PROJECTS` and one more. Empty for a role that may not assign licences. */
  projects: readonly ListedProject[]
  done: Done | undefined
  refused: Refusal | undefined
  at: Date
}

export function licencePage({ visit, projects, done, refused, at }: LicencePage): Page {
  const { licence, org } = visit
  const { id, packageName: name, slots: all, freeSlots, activations, createdAt, order } = licence
  const [first] = activations
  const used = licence.status === 'active' ? all - freeSlots : activations.length
  const free = projects.filter(({ slug }) => !activations.some((each) => each.slug === slug))
  const canRenew = may(org.role, 'buy') && first !== undefined && isRenewable(licence, at)
  return {
    title: name,
    heading: name,
    lead: html`A licence of ${org.name} ${statusBadge(licence)}`,
    breadcrumb: CRUMBS,
    ...(canRenew && {
      action: linkButton(`${pathOf(id, 'renew')}?project=${first.slug}`, 'Renew', {
        // where it can be assigned, that is the primary action of the page
        kind: isAssignable(visit) && free.length > 0 ? 'quiet' : 'primary',
      }),
    }),
    body: html`${done && notice({ tone: 'good', text: DONE[done] })} ${refusalOf(refused)}
      ${card(
        'Terms',
        facts([
          ...termFacts(licence),
          ['Bought', dayText(createdAt)],
          ...(may(org.role, 'see_orders')
            ? [['Order', html`<a href="/account/orders/${order}">See the order</a>`] as const]
            : []),
          ['Slots', slots({ all, used, hasNumbers: true })],
        ]),
      )}
      <h2>On projects</h2>
      ${activationRows(visit)} ${assignment(visit, free)}`,
  }
}

const isAssignable = ({ licence, org }: LicenceVisit): boolean =>
  licence.freeSlots > 0 && licence.status === 'active' && may(org.role, 'activate_licences')

const refusalOf = (refused: Refusal | undefined): Html | false => {
  const step = refused && ownStepAfter(refused)
  return (
    refused !== undefined &&
    notice({ tone: 'bad', title: 'Not done', text: html`${refused.message} ${step && shownStep(step)}` })
  )
}

function activationRows({ licence, org }: LicenceVisit): Html {
  const { id, activations, status } = licence
  const mayAssign = may(org.role, 'activate_licences')
  if (!activations.length) return html`<p class="muted">It is active on no project.</p>`
  const action = (path: string, text: string, name: string) =>
    linkButton(path, text, { kind: 'quiet', isSmall: true, fullText: `${text}: ${name}` })
  return html`<ul class="rows">
    ${activations.map(
      ({ project, slug, name, isArchived, since }) =>
        html`<li>
          <div class="about">
            <h3><a href="/account/projects/${project}">${name}</a> ${isArchived && badge('archived')}</h3>
            <p class="small">since ${dayText(since)}</p>
          </div>
          ${
            mayAssign &&
            html`<div class="buttons">
              ${status === 'active' && action(`${pathOf(id, 'move')}?from=${slug}`, 'Move', name)}
              ${action(`${pathOf(id, 'deactivate')}?project=${slug}`, 'Deactivate', name)}
            </div>`
          }
        </li>`,
    )}
  </ul>`
}

/** `free`: the projects on which the licence is not active. */
function assignment({ licence, org, reply }: LicenceVisit, free: readonly ListedProject[]): Html {
  const { id, freeSlots, status } = licence
  if (!may(org.role, 'activate_licences'))
    return html`<p class="small">An owner, admin or developer of ${org.name} assigns licences.</p>`
  if (status !== 'active') return html`<p class="small">A licence that is not active cannot be assigned.</p>`
  if (!freeSlots)
    return html`<p class="small">
      Every slot is used. Move it, or <a href="/packages/${licence.packageName}">buy another licence</a>.
    </p>`
  return html`<section id="assign">
    ${card(
      'Assign it to a project',
      free.length
        ? html`<form class="stack" method="post" action="${pathOf(id, 'activate')}">
            ${csrfField(reply)} ${projectField('project', 'Project', licence, free)} ${button('Assign')}
          </form>`
        : html`<p>There is no other project. Ask your assistant to set one up, or buy for a new project.</p>`,
    )}
  </section>`
}

/** Offers projects of the licence's edition first, so that none of another edition is chosen without intent. */
function projectField(
  name: string,
  label: string,
  { edition: of }: LicenceVisit['licence'],
  projects: readonly ListedProject[],
): Html {
  if (projects.length > MOST_PROJECTS)
    return field({ name, label, hint: 'Its slug.', autocomplete: 'off', maxLength: 64, isRequired: true })
  const { same = [], other = [] } = Object.groupBy(projects, ({ edition }) =>
    edition === of ? 'same' : 'other',
  )
  return select({
    name,
    label,
    ...(other.length && { hint: `The licence is for ${editionName(of)}.` }),
    options: [...same, ...other].map(({ slug, name: project, edition }) => ({
      value: slug,
      text: `${project} (${editionName(edition)})`,
    })),
  })
}

const crumbsTo = ({ licence: { id, packageName } }: LicenceVisit) => [
  ...CRUMBS,
  { href: pathOf(id), text: packageName },
]

/** The name of a project by its slug or id, or `ref` itself when the licence is not on it. */
const nameOf = ({ activations }: LicenceVisit['licence'], ref: string): string =>
  activations.find(({ slug, project }) => slug === ref || project === ref)?.name ?? ref

/** Asks where a licence moves to, and says what that takes away. */
export const movePage = (
  visit: LicenceVisit,
  { from, projects, refused }: { from: string; projects: readonly ListedProject[]; refused?: Refusal },
): Page => {
  const { licence, reply } = visit
  const others = projects.filter(({ id, slug }) => slug !== from && id !== from)
  return {
    title: 'Move the licence',
    heading: 'Move the licence?',
    lead: html`<span class="mono">${licence.packageName}</span>`,
    breadcrumb: crumbsTo(visit),
    body: html`${refusalOf(refused)}
    ${notice({ tone: 'warn', text: `The project ${nameOf(licence, from)} can then no longer install the package or its updates.` })}
    ${
      others.length
        ? html`<form class="stack" method="post" action="${pathOf(licence.id, 'move')}">
            ${csrfField(reply)}
            <input type="hidden" name="from" value="${from}" />
            ${projectField('to', 'To the project', licence, others)}
            <div class="buttons">
              ${button('Move it', { kind: 'danger' })}
              ${linkButton(pathOf(licence.id), 'Keep it', { kind: 'quiet' })}
            </div>
          </form>`
        : html`<p>There is no other project.</p>`
    }`,
  }
}

/** Asks before a project loses a package. */
export const deactivatePage = (visit: LicenceVisit, project: string): Page => ({
  title: 'Deactivate the licence',
  heading: 'Deactivate the licence?',
  lead: html`<span class="mono">${visit.licence.packageName}</span>`,
  breadcrumb: crumbsTo(visit),
  body: confirmation({
    action: pathOf(visit.licence.id, 'deactivate'),
    hidden: html`${csrfField(visit.reply)}<input type="hidden" name="project" value="${project}" />`,
    consequence: `The project ${nameOf(visit.licence, project)} can then no longer install the package or its updates. The slot is free for another project. Nothing is refunded.`,
    verb: 'Deactivate it',
    back: { href: pathOf(visit.licence.id), text: 'Keep it' },
  }),
})
