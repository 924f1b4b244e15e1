import type { FastifyReply } from 'fastify'
import type { ShownInvite } from '#domain/team'
import { button, linkButton } from '../components/button.ts'
import { notice } from '../components/notice.ts'
import { dayText } from '../components/text.ts'
import { html, type Html } from '../html.ts'
import type { Page } from '../layout.ts'
import { csrfField } from '../session.ts'
import { ROLE_WORDS } from './words.ts'

interface InviteView {
  invite: ShownInvite
  /** The address of the signed-in visitor. */
  visitor: string | undefined
  /** The token or the id in the address of the page. */
  ref: string
}

export function invitePage(reply: FastifyReply, view: InviteView): Page {
  const { org, role, invitedBy, email, expiresAt } = view.invite
  return {
    title: `Join ${org.name}`,
    heading: `Join ${org.name}`,
    isNarrow: true,
    body: html`<p>
        <strong>${invitedBy}</strong> invites <strong>${email}</strong> to ${org.name} as
        <strong>${role}</strong>.
      </p>
      <p class="muted">${ROLE_WORDS[role]} The invite ends on ${dayText(expiresAt)}.</p>
      ${next(reply, view)}`,
  }
}

function next(reply: FastifyReply, { invite, visitor, ref }: InviteView): Html {
  const { id, email, org } = invite
  if (visitor === email)
    return html`<form method="post" action="/invites/${ref}/accept">
      ${csrfField(reply)}${button(`Join ${org.name}`)}
    </form>`
  if (visitor !== undefined)
    return html`${notice({
        tone: 'warn',
        title: `You are signed in as ${visitor}`,
        text: `The invite is only for ${email}. Sign out, open the link again, and sign in as that person.`,
      })}
      <form method="post" action="/sign-out">${csrfField(reply)}${button('Sign out')}</form>`
  return html`<div class="buttons">${linkButton(`/sign-in?continue=/invites/${id}`, 'Sign in and join')}</div>
    <p>No account with this address yet?</p>
    <form method="post" action="/invites/${ref}/sign-up">
      ${csrfField(reply)}${button('Open an account', { kind: 'quiet' })}
    </form>
    <p class="soft">We mail a link to ${email}, and you come back here.</p>`
}

export const linkSentPage = (email: string): Page => ({
  title: 'Look into your mailbox',
  heading: 'Look into your mailbox',
  isNarrow: true,
  body: html`<p>
      We have sent a mail to <strong>${email}</strong>. Open the link in it to go on; it leads back to the
      invite.
    </p>
    <p class="soft">We send at most three links in an hour.</p>`,
})

export const overPage: Page = {
  title: 'This invite does not work',
  heading: 'This invite does not work',
  isNarrow: true,
  body: html`<p>
      It was used or revoked, it has expired, or it is for another address. Sign in as the person whose
      address was invited, or ask an owner or admin of the org for a new one.
    </p>
    <p>${linkButton('/account', 'Go to your overview', { kind: 'quiet' })}</p>`,
}
