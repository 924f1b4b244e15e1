import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  confirmEmailChange,
  confirmSignUp,
  findLink,
  LinkNotValid,
  type MailLink,
  NameNotValid,
  resetPassword,
} from '#domain/accounts'
import { PasswordRefused } from '#domain/identity'
import { checkboxRow } from '../components/choice.ts'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { ownPath } from '../own-path.ts'
import { csrfField, sessionOf } from '../session.ts'
import { field, mistake, PASSWORD_HINT, STATUS_OF_MISTAKE } from './form.ts'
import { type AccountOptions, beginVisit, MAX_BODY_BYTES, originOf } from './visit.ts'

const PATH = '/link/:token'

const form = z.object({
  name: z.string().catch(''),
  password: z.string().catch(''),
  end_connections: z.string().optional().catch(undefined),
})

interface LinkRoute {
  Params: { token: string }
}

/**
 * The pages that the links in our mails open. Opening a link changes nothing, because mail scanners open links, too.
 */
export async function linkPage(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, now } = options
  app.get<LinkRoute>(PATH, async (request, reply) => {
    const link = await findLink(db, request.params.token, now())
    return link ? sendPage(reply, pageOf(request, reply, link)) : sendPage(reply, overPage, 404)
  })
  app.post<LinkRoute>(PATH, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const link = await findLink(db, request.params.token, now())
    if (!link) return sendPage(reply, overPage, 404)
    try {
      return await follow(options, request, reply, link)
    } catch (error) {
      if (error instanceof LinkNotValid) return sendPage(reply, overPage, 404)
      if (!(error instanceof PasswordRefused || error instanceof NameNotValid)) throw error
      const { name } = form.parse(request.body)
      return sendPage(reply, pageOf(request, reply, link, { name, error }), STATUS_OF_MISTAKE)
    }
  })
}

type Request = FastifyRequest<LinkRoute>

async function follow(options: AccountOptions, request: Request, reply: FastifyReply, link: MailLink) {
  const { db, passwords, now } = options
  const { name, password, end_connections } = form.parse(request.body)
  const { token } = request.params
  const previous = await sessionOf(request)
  const given = { token, password, from: originOf(request), previous, at: now(), request: request.id }
  if (link.purpose === 'email_change') {
    await confirmEmailChange(db, given)
    return sendPage(reply, emailChanged(link.email))
  }
  const session =
    link.purpose === 'sign_up'
      ? await confirmSignUp(db, passwords, { ...given, name })
      : await resetPassword(db, passwords, { ...given, endConnections: end_connections !== undefined })
  return beginVisit(options, reply, { token: session, back: ownPath(link.back) })
}

interface Again {
  name?: string
  error?: PasswordRefused | NameNotValid
}

function pageOf(request: Request, reply: FastifyReply, link: MailLink, again: Again = {}): Page {
  const action = `/link/${encodeURIComponent(request.params.token)}`
  const { email, purpose } = link
  if (purpose === 'email_change')
    return {
      title: 'Confirm your new address',
      heading: 'Confirm your new address',
      lead: html`From now on you sign in with <strong>${email}</strong>.`,
      isNarrow: true,
      body: html`<form class="stack" method="post" action="${action}">
        ${csrfField(reply)}<button>Confirm</button>
      </form>`,
    }
  const isSignUp = purpose === 'sign_up'
  const title = isSignUp ? 'Open your account' : 'Choose a new password'
  const { error, name } = again
  return {
    title,
    heading: title,
    lead: html`For <strong>${email}</strong>.`,
    isNarrow: true,
    body: html`${mistake(error)}
      <form class="stack card" method="post" action="${action}">
        ${csrfField(reply)}
        ${isSignUp && field({ name: 'name', label: 'Your name', value: name, autocomplete: 'name', maxLength: 100, error })}
        <input type="hidden" name="username" value="${email}" autocomplete="username" />
        ${field({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: PASSWORD_HINT, error })}
        ${!isSignUp && endConnectionsBox}
        <button>${isSignUp ? 'Open the account' : 'Set the password'}</button>
      </form>
      ${!isSignUp && html`<p class="soft">All your other sign-ins end.</p>`}`,
  }
}

const endConnectionsBox = checkboxRow({
  name: 'end_connections',
  value: '1',
  text: 'Also disconnect all my assistants',
  isChecked: true,
})

const overPage: Page = {
  title: 'This link no longer works',
  heading: 'This link no longer works',
  isNarrow: true,
  body: html`<p>
    It was used before, or it is too old. <a href="/sign-in">Sign in</a>, <a href="/sign-up">sign up</a>, or
    <a href="/reset-password">choose a new password</a>.
  </p>`,
}

const emailChanged = (email: string): Page => ({
  title: 'Your address was changed',
  heading: 'Your address was changed',
  isNarrow: true,
  body: html`<p>
    You now sign in with <strong>${email}</strong>. <a href="/account/security">See your sign-in settings</a>.
  </p>`,
})
