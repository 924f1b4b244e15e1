import type { FastifyReply } from 'fastify'
import { grantableBy, may, mayGrant, type OrgAccess, type OrgMember } from '#domain/orgs'
import type { PendingInvite } from '#domain/team'
import type { CustomerId } from '#kernel/ids'
import { button, linkButton } from '../components/button.ts'
import { radioCards } from '../components/choice.ts'
import { field } from '../components/field.ts'
import { dayText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { memberPath, type Mistake, orgFields, SETTINGS, TEAM } from './visit.ts'
import { ROLE_WORDS, roleBadge, roleName, savedNotice } from './words.ts'

export interface TeamView {
  org: OrgAccess
  /** The visitor. */
  me: CustomerId
  members: readonly OrgMember[]
  /** The link to the next members. */
  next: string | undefined
  /** The visitor may invite, change and remove. */
  manages: boolean
  invites: readonly PendingInvite[]
  /** People who left and whose keys, operations, cards or guests stay. */
  former: readonly { customer: CustomerId; displayName: string }[]
  /** The visitor followed the link to the next of them. */
  isLaterFormer: boolean
  /** The link to the next of them. */
  nextFormer: string | undefined
  saved: string | undefined
  newOwner: string | undefined
  /** The invite that was refused. */
  wrong?: { email: string; role: string; mistake: Mistake }
}

export const teamPage = (reply: FastifyReply, view: TeamView): Page => ({
  title: 'Team',
  heading: 'Team',
  lead: `Who works in ${view.org.name}, and what each may do.`,
  action: html`<div class="buttons">
    ${linkButton(SETTINGS, 'Settings', { kind: 'quiet' })}
    ${view.manages && linkButton('#invite', 'Invite somebody')}
  </div>`,
  body: html`${savedNotice(view.saved, view.newOwner)} ${members(view)}
  ${view.manages && invites(reply, view)}
  ${view.manages && (view.isLaterFormer || view.former.length > 0) && former(view)}
  ${view.manages && inviteForm(reply, view)}`,
})

const members = (view: TeamView): Html =>
  html`<section>
    <div class="section-head"><h2>Members</h2></div>
    <ul class="rows">
      ${view.members.map((member) => memberRow(view, member))}
    </ul>
    ${view.next !== undefined && html`<p>${linkButton(view.next, 'Show more members', { kind: 'quiet' })}</p>`}
  </section>`

function memberRow({ org, me, manages }: TeamView, member: OrgMember): Html {
  const { id, displayName, email, role, joinedAt } = member
  const isMe = id === me
  const changes = manages && mayGrant(org.role, role)
  return html`<li>
    <div class="about">
      <h3>${displayName} ${roleBadge(role)}</h3>
      <p class="small">
        ${isMe && 'You · '}${(isMe || manages) && html`${email} · `}member since ${dayText(joinedAt)}
      </p>
    </div>
    <div class="buttons">
      ${changes && linkButton(memberPath(id), 'Change', { kind: 'quiet', isSmall: true, fullText: `Change ${displayName}` })}
      ${isMe && linkButton(memberPath(id, 'remove'), 'Leave', { kind: 'quiet', isSmall: true, fullText: `Leave ${org.name}` })}
    </div>
  </li>`
}

const invites = (reply: FastifyReply, { org, invites: pending }: TeamView): Html =>
  html`<section>
    <div class="section-head"><h2>Pending invites</h2></div>
    ${
      pending.length
        ? html`<ul class="rows">
            ${pending.map((invite) => inviteRow(reply, org, invite))}
          </ul>`
        : html`<p class="muted">Nobody is invited at the moment.</p>`
    }
  </section>`

const inviteRow = (
  reply: FastifyReply,
  org: OrgAccess,
  { id, email, role, invitedBy, expiresAt }: PendingInvite,
): Html =>
  html`<li>
    <div class="about">
      <h3>${email} ${roleBadge(role)}</h3>
      <p class="small">invited by ${invitedBy}, until ${dayText(expiresAt)}</p>
    </div>
    ${
      mayGrant(org.role, role) &&
      html`<form method="post" action="${TEAM}/invites/${id}/revoke">
        ${orgFields(reply, org)}
        ${button('Revoke', { kind: 'danger', isSmall: true, fullText: `Revoke the invite to ${email}` })}
      </form>`
    }
  </li>`

const former = ({ former: people, isLaterFormer, nextFormer }: TeamView): Html =>
  html`<section id="left">
    <div class="section-head"><h2>People who left</h2></div>
    <p class="muted">Keys, operations, cards or guests of these people stay here until you end them.</p>
    <ul class="rows">
      ${people.map(
        ({ customer, displayName }) =>
          html`<li>
            <div class="about"><h3>${displayName}</h3></div>
            ${linkButton(memberPath(customer), 'See what still works', { kind: 'quiet', isSmall: true, fullText: `See what still works of ${displayName}` })}
          </li>`,
      )}
    </ul>
    ${!people.length && html`<p>There are no more.</p>`}
    <div class="buttons">
      ${isLaterFormer && linkButton(`${TEAM}#left`, 'First people who left', { kind: 'quiet' })}
      ${nextFormer !== undefined && linkButton(nextFormer, 'Show more people who left', { kind: 'quiet' })}
    </div>
  </section>`

const inviteForm = (reply: FastifyReply, { org, wrong }: TeamView): Html =>
  html`<section id="invite">
    <div class="section-head"><h2>Invite somebody</h2></div>
    <form class="stack" method="post" action="${TEAM}/invites">
      ${orgFields(reply, org)}
      ${field({
        name: 'email',
        label: 'E-mail address',
        type: 'email',
        hint: 'We mail a link that works once, for 7 days, and only for this address.',
        value: wrong?.email,
        maxLength: 254,
        autocomplete: 'off',
        isRequired: true,
        error: wrong?.mistake.name === 'email' ? wrong.mistake.error : undefined,
      })}
      ${roleCards(org, wrong?.role ?? 'developer')} ${button('Send the invite')}
    </form>
  </section>`

/** The roles that a member of the org may give. */
export const roleCards = (org: OrgAccess, chosen: string, legend = 'Role'): Html =>
  radioCards({
    name: 'role',
    legend,
    chosen,
    choices: grantableBy(org.role).map((role) => ({
      value: role,
      text: roleName(role),
      hint: ROLE_WORDS[role],
    })),
  })

export const managesTeam = ({ role }: OrgAccess): boolean => may(role, 'manage_members')
