import { type ListedLicence, licencePlaceAfter } from '#domain/licensing'
import { may, type OrgAccess } from '#domain/orgs'
import { LICENCES } from '../buying/own-steps.ts'
import { button, linkButton } from '../components/button.ts'
import { emptyState } from '../components/empty-state.ts'
import { field, select } from '../components/field.ts'
import { slots } from '../components/slots.ts'
import { editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { addressOf, type LicenceQuery, ONLY, type Only } from './query.ts'
import { isRenewable, statusBadge, termText } from './words.ts'

export interface LicenceList {
  org: OrgAccess
  query: LicenceQuery
  licences: readonly ListedLicence[]
  /** There is another page. */
  hasMore: boolean
  at: Date
}

const TITLE = 'Licences'
const ONLY_WORDS: Record<Only, string> = {
  free: 'With a free slot',
  ending: 'Ending in 60 days',
  ended: 'Ended',
}

export const licenceList = (list: LicenceList): Page => ({
  title: TITLE,
  heading: TITLE,
  lead: `What ${list.org.name} may install, until when, and on which projects.`,
  body: isNothing(list) ? nothingYet : html`${filters(list.query)} ${rows(list)} ${paging(list)}`,
})

const isNothing = ({ licences, query: { only, package: name, after } }: LicenceList): boolean =>
  !licences.length && !only && !name && !after

const nothingYet: Html = emptyState({
  symbol: 'key',
  title: 'No licences yet',
  text: 'A licence lets a project install a package and its updates. Buy one here, or let your assistant buy it.',
  action: linkButton('/', 'See all packages'),
})

/** `choices`: which kinds of licences a visitor may ask for. */
export const filters = (
  { only, package: name }: LicenceQuery,
  { path = LICENCES, choices = ONLY }: { path?: string; choices?: readonly Only[] } = {},
): Html =>
  html`<form class="stack columns" method="get" action="${path}">
    ${select({
      name: 'only',
      label: 'Show',
      options: [
        { value: '', text: 'All licences' },
        ...choices.map((value) => ({ value, text: ONLY_WORDS[value] })),
      ],
      ...(only && { chosen: only }),
    })}
    ${field({ name: 'package', label: 'Package', value: name, autocomplete: 'off', maxLength: 200 })}
    ${button('Filter', { kind: 'quiet' })}
  </form>`

function rows(list: LicenceList): Html {
  if (list.licences.length)
    return html`<h2 class="visually-hidden">The licences</h2>
      <ul class="rows">
        ${list.licences.map((each) => row(list, each))}
      </ul>`
  const { query } = list
  if (query.after && !query.only && !query.package) return html`<p>There are no more licences.</p>`
  return emptyState({
    symbol: 'search',
    title: 'No licence fits',
    text: query.package
      ? 'Enter the whole name of a package, such as northwind/module-search, or leave it empty.'
      : 'No licence of this org is like this now.',
    action: linkButton(LICENCES, 'See all licences', { kind: 'quiet' }),
  })
}

function row({ org, at }: LicenceList, licence: ListedLicence): Html {
  const { id, packageName: name, edition, slots: all, freeSlots, projects, status } = licence
  const path = `${LICENCES}/${id}`
  const mayAssign = may(org.role, 'activate_licences')
  const action = (href: string, text: string) =>
    linkButton(href, text, { kind: 'quiet', isSmall: true, fullText: `${text} ${name}` })
  const [first] = projects
  return html`<li>
    <div class="about">
      <h3><a class="mono" href="${path}">${name}</a> ${statusBadge({ status })}</h3>
      <p class="small">
        ${editionName(edition)} · ${termText(licence)} ·
        ${slots({ all, used: usedSlots(all, freeSlots, licence) })}
        ${projects.length ? html`on ${projectLinks(projects)}` : 'on no project'}
      </p>
    </div>
    <div class="buttons">
      ${mayAssign && freeSlots > 0 && status === 'active' && action(`${path}#assign`, 'Assign')}
      ${mayAssign && first && status === 'active' && action(`${path}/move?from=${first.slug}`, 'Move')}
      ${may(org.role, 'buy') && first && isRenewable(licence, at) && action(`${path}/renew?project=${first.slug}`, 'Renew')}
      ${mayAssign && first && action(`${path}/deactivate?project=${first.slug}`, 'Deactivate')}
    </div>
  </li>`
}

/** The slots of a licence that has ended are not free, and not used either. */
const usedSlots = (all: number, freeSlots: number, { projects, status }: ListedLicence): number =>
  status === 'active' ? all - freeSlots : projects.length

const projectLinks = (projects: ListedLicence['projects']): Html =>
  html`${projects.map(
    ({ id, name }, i) => html`${i > 0 && ', '}<a href="/account/projects/${id}">${name}</a>`,
  )}`

function paging({ query, licences, hasMore }: LicenceList): Html {
  const last = licences.at(-1)
  return html`<p class="buttons">
    ${query.after !== '' && linkButton(addressOf(query), 'First licences', { kind: 'quiet' })}
    ${
      hasMore &&
      last !== undefined &&
      linkButton(addressOf(query, { after: licencePlaceAfter(last) }), 'Next licences', { kind: 'quiet' })
    }
    ${
      licences.length > 0 &&
      linkButton(addressOf(query, { path: `${LICENCES}/export.csv` }), 'Download CSV', { kind: 'quiet' })
    }
  </p>`
}
