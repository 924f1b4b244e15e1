import type { FastifyReply } from 'fastify'
import type { Membership, OrgAccess } from '#domain/orgs'
import type { MadeByMember } from '#domain/team'
import type { CustomerId } from '#kernel/ids'
import { badge } from '../components/badge.ts'
import { button, linkButton } from '../components/button.ts'
import { card } from '../components/card.ts'
import { confirmation } from '../components/confirm.ts'
import { dayText, endOfKeys } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { titleOf } from '../story-words.ts'
import { csrfField } from '../session.ts'
import { roleCards } from './team-view.ts'
import { memberPath, orgFields, TEAM, TEAM_CRUMBS } from './visit.ts'
import { roleBadge, savedNotice } from './words.ts'

export interface MemberView {
  org: OrgAccess
  person: { customer: CustomerId; displayName: string }
  /** Undefined: has left. */
  member: Membership | undefined
  made: MadeByMember
  /** The visitor. */
  isMe: boolean
  saved: string | undefined
}

/** A member, or a person who left: the role, and what they made that still works. */
export const memberPage = (reply: FastifyReply, view: MemberView): Page => ({
  title: view.person.displayName,
  heading: view.person.displayName,
  lead: view.member
    ? html`${view.member.email} · ${roleBadge(view.member.role)}`
    : `This person is not in ${view.org.name} any more.`,
  breadcrumb: TEAM_CRUMBS,
  body: html`${savedNotice(view.saved)} ${view.member && roleForm(reply, view.org, view.member)}
  ${madeSection(reply, view)} ${view.member && removal(view.member, view.isMe)}`,
})

const roleForm = (reply: FastifyReply, org: OrgAccess, { customer, role }: Membership): Html =>
  card(
    'Role',
    html`<form class="stack" method="post" action="${memberPath(customer, 'role')}">
      ${orgFields(reply, org)} ${roleCards(org, role, 'They may')} ${button('Save the role')}
    </form>`,
  )

const removal = ({ customer, displayName }: Membership, isMe: boolean): Html =>
  card(
    isMe ? 'Leave' : 'Remove',
    html`<p>
        ${isMe ? 'Your' : 'Their'} next request in this org is refused. What ${isMe ? 'you' : 'they'} made
        still works until somebody ends it.
      </p>
      <div class="buttons">
        ${linkButton(memberPath(customer, 'remove'), isMe ? 'Leave this org' : `Remove ${displayName}`, { kind: 'danger' })}
      </div>`,
  )

function madeSection(reply: FastifyReply, { org, person, member, made }: MemberView): Html {
  const { tokens, operations, cards, guests, connections } = made
  if (Object.values(made).every(({ length }: readonly unknown[]) => !length))
    return card('What still works', html`<p>Nothing that ${person.displayName} made here still works.</p>`)
  return card(
    'What still works',
    html`<p>What ${person.displayName} made here. Keep it, or end it.</p>
      <ul class="rows">
        ${tokens.map((token) => tokenRow(reply, { org, person }, token))}
        ${operations.map((operation) => operationRow(reply, { person, member }, operation))}
        ${cards.map(cardRow)} ${guests.map(guestRow)} ${connections.map(connectionRow)}
      </ul>`,
  )
}

const tokenRow = (
  reply: FastifyReply,
  { org, person }: Pick<MemberView, 'org' | 'person'>,
  { id, label, publicKey, project, lastUsedAt, expiresAt, endsIfUnused }: MadeByMember['tokens'][number],
): Html =>
  html`<li>
    <div class="about">
      <h3>Keys “${label}”</h3>
      <p class="small">
        <span class="mono">${publicKey}</span> · project <span class="mono">${project}</span> ·
        ${lastUsedAt ? html`last used ${dayText(lastUsedAt)}` : 'never used'}
        ${expiresAt && endOfKeys(expiresAt, { endsIfUnused })}
      </p>
    </div>
    <form method="post" action="${memberPath(person.customer, `tokens/${id}/revoke`)}">
      ${orgFields(reply, org)}
      ${button('Revoke', { kind: 'danger', isSmall: true, fullText: `Revoke the keys ${label} of ${project}, ${publicKey}` })}
    </form>
  </li>`

const operationRow = (
  reply: FastifyReply,
  { person: { customer }, member }: Pick<MemberView, 'person' | 'member'>,
  { id, story, status, stoppable }: MadeByMember['operations'][number],
): Html => {
  const title = titleOf({ story })
  const state = status === 'waiting_for_you' ? badge('waits for them', 'warn') : badge('runs', 'info')
  return html`<li>
    <div class="about">
      <h3>${title} ${state}</h3>
      ${!member && html`<p class="small">A purchase of a person who left is not charged any more.</p>`}
    </div>
    ${
      stoppable &&
      html`<form method="post" action="/account/operations/${id}/stop">
        ${csrfField(reply)}<input
          type="hidden"
          name="continue"
          value="${memberPath(customer)}?saved=stopped"
        />
        ${button('Stop', { kind: 'danger', isSmall: true, fullText: `Stop: ${title}` })}
      </form>`
    }
  </li>`
}

const cardRow = ({ brand, last4 }: MadeByMember['cards'][number]): Html =>
  html`<li>
    <div class="about">
      <h3>Card ${brand} ···· ${last4}</h3>
      <p class="small">It belongs to the org and can be charged.</p>
    </div>
    ${linkButton('/account/payment-methods', 'See the cards', { kind: 'quiet', isSmall: true, fullText: `See the cards: ${last4}` })}
  </li>`

const guestRow = ({ email, name, project, projectId }: MadeByMember['guests'][number]): Html =>
  html`<li>
    <div class="about">
      <h3>Guest ${name}</h3>
      <p class="small">
        ${email} sees the project <span class="mono">${project}</span> until the share ends.
      </p>
    </div>
    ${linkButton(`/account/projects/${projectId}`, 'See the project', { kind: 'quiet', isSmall: true, fullText: `See the project ${project}` })}
  </li>`

const connectionRow = ({ name }: MadeByMember['connections'][number]): Html =>
  html`<li>
    <div class="about">
      <h3>Assistant “${name}”</h3>
      <p class="small">It acts with the role of its person: without one, its next request here is refused.</p>
    </div>
  </li>`

/** Asks before a member is removed, or before the visitor leaves. */
export function removePage(
  reply: FastifyReply,
  { org, member, made, isMe }: { org: OrgAccess; member: Membership; made: MadeByMember; isMe: boolean },
): Page {
  const { customer, displayName } = member
  const title = isMe ? `Leave ${org.name}` : `Remove ${displayName}`
  return {
    title,
    heading: title,
    breadcrumb: TEAM_CRUMBS,
    body: confirmation({
      action: memberPath(customer, 'remove'),
      hidden: orgFields(reply, org),
      consequence: `${isMe ? 'You see nothing of this org any more' : `${displayName} sees nothing of ${org.name} any more`}, from the next request on. Only a new invite changes that. ${stillWorks(made)}`,
      verb: isMe ? 'Leave the org' : `Remove ${displayName}`,
      back: { href: isMe ? TEAM : memberPath(customer), text: 'Keep it as it is' },
    }),
  }
}

function stillWorks({ tokens, operations, cards, guests }: MadeByMember): string {
  const counts = [
    [tokens.length, 'key pair', 'key pairs'],
    [operations.length, 'open operation', 'open operations'],
    [cards.length, 'card', 'cards'],
    [guests.length, 'guest of a project', 'guests of projects'],
  ] as const
  const parts = counts.filter(([n]) => n > 0).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`)
  return parts.length
    ? `This still works until an owner or admin ends it: ${parts.join(', ')}.`
    : 'Nothing stays behind.'
}
