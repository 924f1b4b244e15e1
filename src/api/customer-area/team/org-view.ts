import type { FastifyReply } from 'fastify'
import { may, type OrgAccess } from '#domain/orgs'
import type { DeletionBlocker } from '#domain/team'
import { button, linkButton } from '../components/button.ts'
import { card, facts } from '../components/card.ts'
import { field } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { csrfField } from '../session.ts'
import { type Mistake, orgFields, SETTINGS, TEAM, TEAM_CRUMBS } from './visit.ts'
import { roleBadge, savedNotice } from './words.ts'

const SETTINGS_CRUMBS = [...TEAM_CRUMBS, { href: SETTINGS, text: 'Settings' }] as const

const errorOf = (mistake: Mistake | undefined, name: string) =>
  mistake?.name === name ? mistake.error : undefined

interface Settings {
  org: OrgAccess
  saved: string | undefined
  /** The name that was refused. */
  wrong?: { name: string; mistake: Mistake }
}

export function settingsPage(reply: FastifyReply, { org, saved, wrong }: Settings): Page {
  const about = card(
    'About this org',
    facts([
      ['Name', org.name],
      ['Slug', html`<span class="mono">${org.slug}</span>`],
      ['Your role', roleBadge(org.role)],
    ]),
  )
  return {
    title: 'Settings',
    heading: 'Settings',
    lead: `The org ${org.name}.`,
    breadcrumb: TEAM_CRUMBS,
    body: html`${savedNotice(saved)} ${about}
    ${
      may(org.role, 'own_org')
        ? html`${renameForm(reply, org, wrong)} ${handOver} ${deletion}`
        : html`<p class="muted">Only an owner renames, hands over or deletes the org.</p>`
    }`,
  }
}

const renameForm = (reply: FastifyReply, org: OrgAccess, wrong: Settings['wrong']): Html =>
  card(
    'Rename',
    html`<form class="stack" method="post" action="${SETTINGS}/rename">
      ${orgFields(reply, org)}
      ${field({
        name: 'name',
        label: 'Name',
        hint: 'The slug stays, because assistants and scripts name the org by it.',
        value: wrong?.name ?? org.name,
        maxLength: 100,
        autocomplete: 'off',
        isRequired: true,
        error: errorOf(wrong?.mistake, 'name'),
      })}
      ${button('Save the name')}
    </form>`,
  )

const handOver: Html = card(
  'Hand over',
  html`<p>Another member becomes the owner, and you become an admin.</p>
    <div class="buttons">
      ${linkButton(`${SETTINGS}/transfer`, 'Hand over this org', { kind: 'quiet' })}
    </div>`,
)

const deletion: Html = card(
  'Delete',
  html`<p>Nobody sees the org any more, and the keys of its projects stop.</p>
    <div class="buttons">${linkButton(`${SETTINGS}/delete`, 'Delete this org', { kind: 'danger' })}</div>`,
)

const typed = (org: OrgAccess, mistake: Mistake | undefined): Html =>
  field({
    name: 'confirm',
    label: `Type ${org.slug} to confirm`,
    autocomplete: 'off',
    isRequired: true,
    error: errorOf(mistake, 'confirm'),
  })

export function transferPage(
  reply: FastifyReply,
  { org, isAlone, sent, mistake }: { org: OrgAccess; isAlone: boolean; sent?: string; mistake?: Mistake },
): Page {
  const title = `Hand over ${org.name}`
  const form = html`${notice({
      tone: 'warn',
      text: 'The new owner can remove you. Only they can give the org back.',
    })}
    <form class="stack" method="post" action="${SETTINGS}/transfer">
      ${orgFields(reply, org)}
      ${field({
        name: 'email',
        label: 'E-mail address of the new owner',
        type: 'email',
        hint: 'A member of this org. The page of the team has the addresses.',
        value: sent,
        maxLength: 254,
        autocomplete: 'off',
        isRequired: true,
        error: errorOf(mistake, 'email'),
      })}
      ${typed(org, mistake)}
      <div class="buttons">
        ${button('Hand over the org', { kind: 'danger' })}
        ${linkButton(SETTINGS, 'Keep it', { kind: 'quiet' })}
      </div>
    </form>`
  const alone = notice({
    tone: 'info',
    title: 'There is nobody to hand it over to',
    text: 'Invite the new owner first.',
    action: linkButton(`${TEAM}#invite`, 'Invite somebody'),
  })
  return { title, heading: title, breadcrumb: SETTINGS_CRUMBS, body: isAlone ? alone : form }
}

/** What keeps an org from being deleted, what to do about it, and where. */
const BLOCKER_WORDS: Record<DeletionBlocker, readonly [text: string, href?: string, verb?: string]> = {
  personal: ['It is your personal org, which every account has.'],
  operations: ['Operations run or wait. Wait for their end, or stop them.', '/account', 'See what is open'],
  licences: [
    'Paid licences are in force. Let them end, or hand the org over instead.',
    `${SETTINGS}/transfer`,
    'Hand over',
  ],
  sold_packages: [
    'Others have its packages and go on installing them. Hand the org over instead.',
    `${SETTINGS}/transfer`,
    'Hand over',
  ],
  vendors: [
    'It sells packages, or has applied to sell. Stop the sale of each package, and withdraw the application.',
    '/account/vendor',
    'See the vendors',
  ],
  cards: ['Cards are saved. Remove them.', '/account/payment-methods', 'See the cards'],
  git: ['Git hosts are connected. Disconnect them.', '/account/git', 'See the Git hosts'],
}

export function deletePage(
  reply: FastifyReply,
  { org, holds, mistake }: { org: OrgAccess; holds: readonly DeletionBlocker[]; mistake?: Mistake },
): Page {
  const title = `Delete ${org.name}`
  const page = { title, heading: title, breadcrumb: SETTINGS_CRUMBS }
  if (holds.length)
    return {
      ...page,
      lead: 'The org cannot be deleted because of this:',
      body: html`<ul class="rows">
          ${holds.map((holding) => {
            const [text, href, verb] = BLOCKER_WORDS[holding]
            return html`<li>
              <div class="about"><p>${text}</p></div>
              ${href !== undefined && linkButton(href, verb ?? 'See it', { kind: 'quiet', isSmall: true })}
            </li>`
          })}
        </ul>
        <p>${linkButton(SETTINGS, 'Back to the settings', { kind: 'quiet' })}</p>`,
    }
  const consequence =
    'Nobody sees the org, its projects, licences and orders any more, and Composer refuses the keys of its projects. This cannot be undone, and nobody can use the slug again.'
  return {
    ...page,
    body: html`${notice({ tone: 'warn', text: consequence })}
      <form class="stack" method="post" action="${SETTINGS}/delete">
        ${orgFields(reply, org)} ${typed(org, mistake)}
        <div class="buttons">
          ${button('Delete the org', { kind: 'danger' })}
          ${linkButton(SETTINGS, 'Keep it', { kind: 'quiet' })}
        </div>
      </form>`,
  }
}

export const newOrgPage = (
  reply: FastifyReply,
  { name, slug, mistake }: { name?: string; slug?: string; mistake?: Mistake } = {},
): Page => ({
  title: 'Create an org',
  heading: 'Create an org',
  lead: 'An org has its own members, projects, licences, cards and orders.',
  body: html`<form class="stack" method="post" action="/account/orgs/new">
    ${csrfField(reply)}
    ${field({
      name: 'name',
      label: 'Name',
      hint: 'Such as the name of your company.',
      value: name,
      maxLength: 100,
      autocomplete: 'organization',
      isRequired: true,
      error: errorOf(mistake, 'name'),
    })}
    ${field({
      name: 'slug',
      label: 'Slug',
      hint: 'How assistants and scripts name it, such as acme-retail. It never changes. Left empty, it is made from the name.',
      value: slug,
      maxLength: 40,
      autocomplete: 'off',
      error: errorOf(mistake, 'slug'),
    })}
    ${button('Create the org')}
  </form>`,
})
