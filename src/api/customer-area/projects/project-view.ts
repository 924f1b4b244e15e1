import type { FastifyReply } from 'fastify'
import type { SeenLicence } from '#domain/licensing'
import { type Access, isGuest, may, mayOn } from '#domain/orgs'
import {
  type Install,
  installSnippet,
  type listProjectTokens,
  type Project,
  type projectDetails,
} from '#domain/projects'
import type { ListedShare } from '#domain/sharing'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { codeBlock } from '../components/code-block.ts'
import { field } from '../components/field.ts'
import { notice } from '../components/notice.ts'
import { smallBars } from '../components/small-bars.ts'
import { dayText, dotted, editionName, endOfKeys } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { csrfField } from '../session.ts'
import { installsTable } from './installs-view.ts'
import { licenceRows } from './licences-view.ts'
import { type SentShare, sharesCard } from './shares-view.ts'
import { formFields, type Mistake, pathOf } from './visit.ts'

type Rows<Read extends (...args: never) => Promise<unknown>> = Awaited<ReturnType<Read>>

/** What the page of a project shows to one visitor. */
export interface ProjectView {
  project: Project
  details: Rows<typeof projectDetails>
  may: May
  /** Names of what it may install. */
  packages: readonly string[]
  /** Those that work. Empty for a visitor who may not see them. */
  keys: Rows<typeof listProjectTokens>
  licences: readonly SeenLicence[]
  /** They are only the first of them. */
  hasMoreLicences: boolean
  installs: readonly Install[]
  bars: readonly { day: Date; installs: number }[]
  shares: readonly ListedShare[]
  cooldown: number
  publicUrl: string
  saved?: keyof typeof SAVED_WORDS
  /** A form that has to be corrected. */
  sharing?: { sent: SentShare; mistake: Mistake }
}

interface May {
  seeKeys: boolean
  makeKeys: boolean
  change: boolean
  archive: boolean
  share: boolean
}

/** An archived project is only read, and taken out of the archive. */
export function mayDo(access: Access, { id, archivedAt }: Project): May {
  const asMember = (permission: 'manage_projects' | 'share_projects') =>
    !isGuest(access) && may(access.role, permission)
  const seeKeys = mayOn(access, 'manage_project_tokens', id)
  return {
    seeKeys,
    makeKeys: seeKeys && !archivedAt,
    change: asMember('manage_projects') && !archivedAt,
    archive: asMember('manage_projects'),
    share: asMember('share_projects'),
  }
}

const SAVED_WORDS = {
  archived: 'The project is archived.',
  cooldown: 'The cooldown was saved.',
  details: 'The project was saved.',
  revoked: 'The keys were revoked.',
  shared: 'The project is shared. Who has not accepted yet has a mail with a link.',
  unarchived: 'The project is in use again.',
  unshared: 'The share has ended.',
} as const
export const SAVED = Object.keys(SAVED_WORDS) as (keyof typeof SAVED_WORDS)[]

export const projectBody = (reply: FastifyReply, view: ProjectView): Html =>
  html`${view.saved && notice({ tone: 'good', text: SAVED_WORDS[view.saved] })}
  ${view.project.archivedAt && archivedNotice(reply, view)} ${aboutCard(view)}
  ${!view.project.archivedAt && installCard(view)} ${view.may.seeKeys && keysCard(reply, view)}
  ${licencesCard(view)} ${installsCard(view)} ${view.may.share && sharesCard(reply, view)}
  ${card('Cooldown for new versions', view.may.change ? cooldownForm(reply, view) : cooldownState(view))}`

const archivedNotice = (reply: FastifyReply, { project, may: allowed }: ProjectView): Html =>
  notice({
    tone: 'warn',
    title: 'This project is archived',
    text: 'Composer gets 403 with its keys. Its licences keep their slots.',
    ...(allowed.archive && {
      action: html`<form method="post" action="${pathOf(project.id, 'unarchive')}">
        ${csrfField(reply)}${button('Take it back into use', { kind: 'quiet' })}
      </form>`,
    }),
  })

const aboutCard = ({ project, details }: ProjectView): Html =>
  html`<p class="muted">
    ${dotted([
      html`<span class="mono">${project.slug}</span>`,
      editionName(details.edition),
      details.productionDomain,
      html`since ${dayText(details.createdAt)}`,
    ])}
  </p>`

function installCard({ project, packages, publicUrl }: ProjectView): Html {
  const { repository, composer_commands: commands } = installSnippet(publicUrl, project.id, packages)
  const json = JSON.stringify({ repositories: [repository] }, null, 2)
  return card(
    'Install',
    html`${codeBlock(commands.join('\n'), { caption: 'In the folder of the shop' })}
      ${codeBlock(json, { caption: 'Or in composer.json' })}
      <p><a href="/docs/composer">Where the keys belong, and what Composer's messages mean</a></p>`,
  )
}

function keysCard(reply: FastifyReply, view: ProjectView): Html {
  const { project, keys, may: allowed } = view
  return card(
    'Keys for Composer',
    html`${
      keys.length
        ? html`<ul class="rows">
            ${keys.map((key) => keyRow(view, key))}
          </ul>`
        : html`<p>No keys work now.</p>`
    }
    ${
      allowed.makeKeys &&
      html`<form class="stack columns" method="post" action="${pathOf(project.id, 'keys')}">
        ${formFields(reply)}
        ${field({ name: 'label', label: 'Where the new keys are for', hint: 'Such as production or CI.', maxLength: 100 })}
        <div>${button('Make new keys', { kind: 'quiet' })}</div>
      </form>`
    }`,
  )
}

function keyRow({ project, may: allowed }: ProjectView, key: ProjectView['keys'][number]): Html {
  const to = (deed: string) => pathOf(project.id, 'keys', key.id, deed)
  return html`<li>
    <div class="about">
      <h3>${key.label} ${key.state === 'expiring' && !key.endsIfUnused && badge('ends soon', 'warn')}</h3>
      <p class="small">
        <span class="mono">${key.publicKey}</span> ·
        ${key.lastUsedAt ? html`last used ${dayText(key.lastUsedAt)}` : 'never used'}
        ${key.expiresAt && endOfKeys(key.expiresAt, key)}
      </p>
    </div>
    <span class="buttons">
      ${allowed.makeKeys && linkButton(to('rotate'), 'Rotate', { isSmall: true, kind: 'quiet', fullText: `Rotate the keys ${key.label}, ${key.publicKey}` })}
      ${linkButton(to('revoke'), 'Revoke', { isSmall: true, kind: 'danger', fullText: `Revoke the keys ${key.label}, ${key.publicKey}` })}
    </span>
  </li>`
}

const licencesCard = ({ project, licences, hasMoreLicences, may: allowed }: ProjectView): Html =>
  card(
    'Licences',
    html`${
      licences.length
        ? html`${licenceRows(licences)}
          ${hasMoreLicences && html`<p>${linkButton(pathOf(project.id, 'licences'), 'All licences', { kind: 'quiet' })}</p>`}`
        : html`<p>
            No package is licensed for this project.
            ${allowed.change && html`<a href="/">Find a package</a>, or ask your assistant to buy one for it.`}
          </p>`
    }
    ${allowed.change && html`<p><a href="/account/resolve?project=${project.slug}">See what its composer.json still needs</a></p>`}`,
  )

function installsCard({ project, installs, bars, may: allowed }: ProjectView): Html {
  if (!installs.length)
    return card('Last installs', html`<p>Composer has not installed anything here yet.</p>`)
  return card(
    'Last installs',
    html`${smallBars({
        caption: 'Versions installed per day, in UTC',
        columns: ['Day', 'Installed'],
        bars: bars.map(({ day, installs: value }) => ({ label: shortDay(day), value })),
      })}
      ${installsTable(installs, { seesTokens: allowed.seeKeys })}
      <p>${linkButton(pathOf(project.id, 'installs'), 'All installs', { kind: 'quiet' })}</p>`,
  )
}

const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const shortDay = (day: Date): string => SHORT.format(day).replace('Sept', 'Sep')

const cooldownForm = (reply: FastifyReply, { project, cooldown }: ProjectView): Html =>
  html`<form class="stack" method="post" action="${pathOf(project.id, 'cooldown')}">
    ${csrfField(reply)}
    ${field({
      name: 'days',
      label: 'Days',
      hint: 'A new version is offered when it is so many days old, 0 to 90. 0 offers it at once. A version that fixes a security advisory does not wait. What a lock file names still installs.',
      value: String(cooldown),
      inputMode: 'numeric',
      maxLength: 2,
      isRequired: true,
    })}
    ${button('Save')}
  </form>`

const cooldownState = ({ cooldown }: ProjectView): Html =>
  cooldown === 0
    ? html`<p>Off: a new version is offered at once.</p>`
    : html`<p>A new version is offered when it is ${cooldown} days old.</p>`
