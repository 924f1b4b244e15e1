import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { enterCode, findHalfSession, PasswordNeededAgain, TooManySignIns, WrongCode } from '#domain/identity'
import { html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { ownPath } from '../own-path.ts'
import { csrfField, sessionOf, sessionTokenOf, setSessionCookie } from '../session.ts'
import { field, mistake } from './form.ts'
import { type AccountOptions, MAX_BODY_BYTES, originOf } from './visit.ts'

const PATH = '/sign-in/code'
const form = z.object({ code: z.string().max(100).catch(''), continue: z.unknown().optional() })

/** The second page of a sign-in, for people with a second factor. Everybody else is redirected at once. */
export async function codePage(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, publicUrl, secrets, now } = options
  app.get<{ Querystring: { continue?: unknown } }>(PATH, async (request, reply) => {
    const back = ownPath(request.query.continue)
    if (await sessionOf(request)) return reply.header('cache-control', 'no-store').redirect(back, 303)
    const token = sessionTokenOf(request, publicUrl)
    const half = token && (await findHalfSession(db, token, now()))
    return half ? sendPage(reply, pageOf(reply, back)) : passwordAgain(reply, back)
  })
  app.post(PATH, { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
    const { code, continue: to } = form.parse(request.body)
    const back = ownPath(to)
    const token = sessionTokenOf(request, publicUrl) ?? ''
    try {
      const given = { token, code, from: originOf(request), at: now(), request: request.id }
      setSessionCookie(reply, await enterCode(db, secrets, given), publicUrl)
      return await reply.redirect(back, 303)
    } catch (error) {
      if (error instanceof PasswordNeededAgain) return passwordAgain(reply, back)
      if (error instanceof TooManySignIns) reply.header('retry-after', error.retryAfter)
      if (!(error instanceof WrongCode)) throw error
      return sendPage(reply, pageOf(reply, back, error), 401)
    }
  })
}

const passwordAgain = (reply: FastifyReply, back: string) =>
  reply.header('cache-control', 'no-store').redirect(`/sign-in?continue=${encodeURIComponent(back)}`, 303)

function pageOf(reply: FastifyReply, back: string, error?: WrongCode): Page {
  const hint = 'The 6 digits that your app shows now, or one of your recovery codes.'
  return {
    title: error ? 'Not signed in' : 'Enter your code',
    body: html`<h1>Enter your code</h1>
      ${mistake(error)}
      <form class="stack" method="post" action="${PATH}">
        ${csrfField(reply)}<input type="hidden" name="continue" value="${back}" />
        ${field({ name: 'code', label: 'Code', autocomplete: 'one-time-code', maxLength: 40, hint, error })}
        <button>Sign in</button>
      </form>
      <p class="soft">
        No app and no recovery code at hand? Ask an operator of this market. A new password does not replace
        the code.
      </p>`,
  }
}
