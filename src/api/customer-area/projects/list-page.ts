import type { FastifyInstance } from 'fastify'
import { type GuestOrg, guestOrgsOf, may, type OrgAccess } from '#domain/orgs'
import { type ListedProject, listProjects } from '#domain/projects'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { emptyState } from '../components/empty-state.ts'
import { field } from '../components/field.ts'
import { tabs } from '../components/tabs.ts'
import { dotted, editionName } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { pathOf, PROJECTS, type ProjectsOptions } from './visit.ts'

const SHOWN = 25
const TITLE = 'Projects'
const SLUG = /^[a-z0-9-]{1,63}$/

interface Asked {
  search: string | undefined
  isArchived: boolean
  after: string | undefined
}

/** The projects of the org in which the visitor works, and those that other orgs share with them. */
export function projectListPage(app: FastifyInstance, { db }: ProjectsOptions): void {
  app.get<{ Querystring: Record<string, unknown> }>(PROJECTS, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { active: org } = orgsOfVisitor(request)
    const asked = askedIn(request.query)
    const [found, guestOf] = await Promise.all([
      org ? listProjects(db, { org: org.id, limit: SHOWN + 1, ...asked }) : [],
      guestOrgsOf(db, session.customer),
    ])
    return sendPage(reply, listPage({ org, found, asked, guestOf }))
  })
}

function askedIn(query: Record<string, unknown>): Asked {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name].trim().slice(0, 100) : '')
  return {
    search: text('q') || undefined,
    isArchived: text('show') === 'archived',
    after: SLUG.test(text('after')) ? text('after') : undefined,
  }
}

/** The address of a list, with what is asked for. */
function hrefOf({ search, isArchived, after }: Asked): string {
  const query = new URLSearchParams({
    ...(search && { q: search }),
    ...(isArchived && { show: 'archived' }),
    ...(after && { after }),
  }).toString()
  return query ? `${PROJECTS}?${query}` : PROJECTS
}

interface View {
  org: OrgAccess | undefined
  found: readonly ListedProject[]
  asked: Asked
  guestOf: readonly GuestOrg[]
}

function listPage(view: View): Page {
  const { org, guestOf } = view
  const mayAdd = org && may(org.role, 'manage_projects')
  // an empty list has the same button
  const isEmpty = !view.found.length && !isFiltered(view.asked)
  return {
    title: TITLE,
    heading: TITLE,
    lead: org
      ? `The Magento installs of ${org.name}: each has its own repository and keys for Composer.`
      : 'Each Magento install has its own repository and keys for Composer.',
    ...(mayAdd && !isEmpty && { action: linkButton(`${PROJECTS}/new`, 'New project') }),
    body: html`${org && ownProjects(view, mayAdd === true)} ${guestOf.length > 0 && sharedProjects(guestOf)}
    ${!org && !guestOf.length && emptyState({ title: 'You are in no org', text: 'A project belongs to an org. Ask the owner of yours to invite you, or to share a project with you.' })}`,
  }
}

const isFiltered = ({ search, isArchived, after }: Asked): boolean =>
  search !== undefined || isArchived || after !== undefined

function ownProjects({ found, asked }: View, mayAdd: boolean): Html {
  const { search, isArchived, after } = asked
  const shown = found.slice(0, SHOWN)
  const last = shown.at(-1)
  if (!shown.length && !isFiltered(asked)) return nothingYet(mayAdd)
  return html`${tabs(
      'Which projects',
      [
        { href: hrefOf({ search, isArchived: false, after: undefined }), text: 'In use' },
        { href: hrefOf({ search, isArchived: true, after: undefined }), text: 'Archived' },
      ],
      hrefOf({ search, isArchived, after: undefined }),
    )}
    <form class="stack columns" method="get" action="${PROJECTS}" role="search">
      ${isArchived && html`<input type="hidden" name="show" value="archived" />`}
      ${field({ name: 'q', label: 'Name, slug or domain', type: 'search', value: search ?? '', maxLength: 100 })}
      <div>${button('Search', { kind: 'quiet' })}</div>
    </form>
    ${
      shown.length
        ? html`<h2 class="visually-hidden">Found projects</h2>
            <ul class="rows">
              ${shown.map(row)}
            </ul>`
        : html`<p>
            ${isArchived ? 'No archived project' : 'No project'}${search ? ` has “${search}” in its name, slug or domain` : ' is here'}.
          </p>`
    }
    <p class="buttons">
      ${after !== undefined && linkButton(hrefOf({ ...asked, after: undefined }), 'First projects', { kind: 'quiet' })}
      ${last !== undefined && found.length > SHOWN && linkButton(hrefOf({ ...asked, after: last.slug }), 'Next projects', { kind: 'quiet' })}
    </p>`
}

const row = ({ id, slug, name, edition, productionDomain, packages }: ListedProject): Html =>
  html`<li>
    <div class="about">
      <h3><a href="${pathOf(id)}">${name}</a></h3>
      <p class="small">
        ${dotted([html`<span class="mono">${slug}</span>`, editionName(edition), productionDomain])}
      </p>
    </div>
    <span class="small">${packages.length === 1 ? '1 package' : `${packages.length} packages`}</span>
  </li>`

const nothingYet = (mayAdd: boolean): Html =>
  emptyState({
    title: 'No project yet',
    text: mayAdd
      ? 'A project is one Magento install. It gets its own repository address and keys, and licences are assigned to it.'
      : 'A project is one Magento install. An owner, admin or developer of this org can set one up.',
    action: mayAdd ? linkButton(`${PROJECTS}/new`, 'Set up a project') : undefined,
  })

const sharedProjects = (orgs: readonly GuestOrg[]): Html =>
  html`<section>
    <div class="section-head"><h2>Shared with you</h2></div>
    <ul class="rows">
      ${orgs.flatMap((org) =>
        org.shared.map(
          ({ project, name, role }) =>
            html`<li>
              <div class="about">
                <h3><a href="${pathOf(project)}">${name}</a> ${badge(`guest ${role}`)}</h3>
                <p class="small">of ${org.name}</p>
              </div>
            </li>`,
        ),
      )}
    </ul>
  </section>`
