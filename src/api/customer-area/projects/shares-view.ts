import type { FastifyReply } from 'fastify'
import type { ListedShare } from '#domain/sharing'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { radioCards } from '../components/choice.ts'
import { field } from '../components/field.ts'
import { errorSummary, type Tone } from '../components/notice.ts'
import { dayText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import { formFields, type Mistake, pathOf } from './visit.ts'

/** The fields of the form as they were typed. */
export interface SentShare {
  email: string
  role: string
  until: string
}

interface SharesView {
  project: { id: string; archivedAt: Date | undefined }
  shares: readonly ListedShare[]
  sharing?: { sent: SentShare; mistake: Mistake }
}

const STATES: Record<ListedShare['state'], readonly [words: string, tone: Tone]> = {
  active: ['guest', 'good'],
  pending: ['not accepted yet', 'warn'],
  link_expired: ['link expired', 'bad'],
  expired: ['ended', 'info'],
}

/** With whom a project is shared, and the form that shares it. */
export const sharesCard = (reply: FastifyReply, view: SharesView): Html =>
  card(
    'Shared with',
    html`<span id="shares"></span> ${
        view.shares.length
          ? html`<ul class="rows">
              ${view.shares.map((share) => row(view.project, share))}
            </ul>`
          : html`<p>Nobody outside the org sees this project. Share it with an agency or a freelancer.</p>`
      }
      ${!view.project.archivedAt && form(reply, view)}`,
  )

const row = ({ id: project }: SharesView['project'], share: ListedShare): Html =>
  html`<li>
    <div class="about">
      <h3>${share.name ?? share.email} ${badge(...STATES[share.state])}</h3>
      <p class="small">
        ${share.name !== undefined && html`${share.email} · `}${share.role} · shared by ${share.sharedBy}
        ${dayText(share.createdAt)} ${share.until && html`· until ${dayText(share.until)}`}
      </p>
    </div>
    ${linkButton(pathOf(project, 'shares', share.id, 'end'), 'Stop sharing', {
      kind: 'danger',
      isSmall: true,
      fullText: `Stop sharing with ${share.email}`,
    })}
  </li>`

function form(reply: FastifyReply, { project, sharing }: SharesView): Html {
  const { sent, mistake } = sharing ?? {}
  const errorOf = (name: string) => (mistake?.field === name ? mistake.message : undefined)
  return html`<h3>Share with somebody</h3>
    ${errorSummary(mistake ? [{ name: mistake.field ?? 'email', error: mistake.message }] : [])}
    <form class="stack" method="post" action="${pathOf(project.id, 'shares')}">
      ${formFields(reply)}
      ${field({
        name: 'email',
        label: 'E-mail address',
        hint: 'They get a link that works once, for 7 days. For a guest of this project, role and end change at once.',
        type: 'email',
        value: sent?.email,
        maxLength: 254,
        isRequired: true,
        error: errorOf('email'),
      })}
      ${radioCards({
        name: 'role',
        legend: 'What they may do',
        choices: [
          { value: 'viewer', text: 'Viewer', hint: 'Sees this project, its licences and installs.' },
          { value: 'developer', text: 'Developer', hint: 'Also makes, rotates and revokes its keys.' },
        ],
        chosen: sent?.role === 'developer' ? 'developer' : 'viewer',
      })}
      ${field({
        name: 'until',
        label: 'Last day',
        hint: 'In UTC. Leave it empty to share until you end it.',
        type: 'date',
        value: sent?.until,
        error: errorOf('until'),
      })}
      ${button('Send the link', { kind: 'quiet' })}
    </form>`
}
