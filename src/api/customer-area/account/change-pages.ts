import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { changePassword, EmailNotValid, requestEmailChange } from '#domain/accounts'
import { PasswordRefused, WrongPassword } from '#domain/identity'
import type { DomainError } from '#kernel/errors'
import { auditsItself } from '../audit-refusals.ts'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { csrfField } from '../session.ts'
import { field, mistake, PASSWORD_HINT, STATUS_OF_MISTAKE } from './form.ts'
import { type AccountOptions, MAX_BODY_BYTES, originOf, securityChange } from './visit.ts'

const EMAIL = '/account/email'
const PASSWORD = '/account/password'

const emailForm = z.object({ email: z.string().max(400).catch('') })
const passwordForm = z.object({ current: z.string().catch(''), password: z.string().catch('') })

/** Change of the address and of the password. Both need a sign-in in the last 15 minutes. */
export async function changePages(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, passwords, secrets } = options
  for (const [path, page] of [
    [EMAIL, emailPage],
    [PASSWORD, passwordPage],
  ] as const)
    app.get(path, async (request, reply) =>
      (await securityChange(options, request, reply)) ? sendPage(reply, page(reply)) : reply,
    )

  app.post(EMAIL, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    const { email } = emailForm.parse(request.body)
    try {
      await requestEmailChange(db, secrets, { ...change, newEmail: email })
    } catch (error) {
      if (!(error instanceof EmailNotValid)) throw error
      return sendPage(reply, emailPage(reply, { email, error }), STATUS_OF_MISTAKE)
    }
    return sendPage(reply, confirmPage(email))
  })

  app.post(PASSWORD, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    const { current, password: next } = passwordForm.parse(request.body)
    auditsItself(request)
    try {
      await changePassword(db, passwords, { ...change, current, next, network: originOf(request).network })
    } catch (error) {
      if (!(error instanceof WrongPassword || error instanceof PasswordRefused)) throw error
      return sendPage(reply, passwordPage(reply, { error }), STATUS_OF_MISTAKE)
    }
    return sendPage(reply, passwordChanged)
  })
}

const CRUMBS = [{ href: '/account/security', text: 'Sign-in settings' }]

interface Again {
  email?: string
  error?: DomainError
}

function emailPage(reply: FastifyReply, { email, error }: Again = {}): Page {
  return {
    title: 'Change your address',
    heading: 'Change your address',
    lead: 'We mail a link to the new address. The old one stays until you have opened it.',
    breadcrumb: CRUMBS,
    body: html`${mistake(error)}
      <form class="stack card" method="post" action="${EMAIL}">
        ${csrfField(reply)}
        ${field({ name: 'email', label: 'New e-mail address', type: 'email', value: email, autocomplete: 'email', maxLength: 254, error })}
        <button>Send me the link</button>
      </form>`,
  }
}

const confirmPage = (email: string): Page => ({
  title: 'Look into your mailbox',
  heading: 'Look into your mailbox',
  breadcrumb: CRUMBS,
  body: html`<p>
    We have sent a mail to <strong>${email.trim()}</strong>. Open the link in it within 24 hours, and stay
    signed in here until then. <a href="/account/security">Back to your sign-in settings</a>.
  </p>`,
})

function passwordPage(reply: FastifyReply, { error }: Again = {}): Page {
  return {
    title: 'Change your password',
    heading: 'Change your password',
    lead: 'All your other sign-ins end.',
    breadcrumb: CRUMBS,
    body: html`${mistake(error)}
      <form class="stack card" method="post" action="${PASSWORD}">
        ${csrfField(reply)}
        ${field({ name: 'current', label: 'Current password', type: 'password', autocomplete: 'current-password', error })}
        ${field({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: PASSWORD_HINT, error })}
        <button>Change the password</button>
      </form>
      <p><a href="/reset-password">I have forgotten the current one</a></p>`,
  }
}

const passwordChanged: Page = {
  title: 'Your password was changed',
  heading: 'Your password was changed',
  breadcrumb: CRUMBS,
  body: html`<p>
    All your other sign-ins have ended. <a href="/account/security">Back to your sign-in settings</a>.
  </p>`,
}
