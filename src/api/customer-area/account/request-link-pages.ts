import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { countedNetworkOf } from '#platform/network'
import { EmailNotValid, type LinkRequest, requestLink, TooManyRequests } from '#domain/accounts'
import { html, type Html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { ownPath, storablePath } from '../own-path.ts'
import { csrfField } from '../session.ts'
import { field, mistake, STATUS_OF_MISTAKE } from './form.ts'
import { type AccountOptions, MAX_BODY_BYTES } from './visit.ts'

/** Per IPv4 address or IPv6 /48, in this process. */
const PER_NETWORK = {
  keyGenerator: countedNetworkOf,
  max: 20,
  timeWindow: 60 * 60_000,
  errorResponseBuilder: (_: unknown, { ttl }: { ttl: number }) => new TooManyRequests(Math.ceil(ttl / 1000)),
}

const form = z.object({ email: z.string().max(400).catch(''), continue: z.unknown().optional() })

interface Texts {
  path: string
  title: string
  intro: (back: string) => Html
  button: string
}

const PAGES: Record<LinkRequest['wanted'], Texts> = {
  sign_up: {
    path: '/sign-up',
    title: 'Open an account',
    intro: (back) =>
      html`We send you a link. You choose your name and password after you have opened it.
        <a href="/sign-in?continue=${encodeURIComponent(back)}">Sign in</a> if you have an account.`,
    button: 'Send me the link',
  },
  password_reset: {
    path: '/reset-password',
    title: 'Choose a new password',
    intro: () => html`We send a link to the address of your account. It works for 30 minutes.`,
    button: 'Send me the link',
  },
}

/** `/sign-up` and `/reset-password`: the same answer for every address, known or not. */
export async function requestLinkPages(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, secrets, now } = options
  for (const wanted of ['sign_up', 'password_reset'] as const) {
    const { path } = PAGES[wanted]
    app.get<{ Querystring: { continue?: unknown } }>(path, async ({ query }, reply) =>
      sendPage(reply, formPage(reply, wanted, { back: ownPath(query.continue) })),
    )
    app.post(
      path,
      { bodyLimit: MAX_BODY_BYTES, config: { rateLimit: PER_NETWORK } },
      async (request, reply) => {
        const { email, continue: to } = form.parse(request.body)
        const back = ownPath(to)
        try {
          await requestLink(db, secrets, {
            wanted,
            email,
            back: storablePath(back),
            at: now(),
            request: request.id,
          })
        } catch (error) {
          if (!(error instanceof EmailNotValid)) throw error
          return sendPage(reply, formPage(reply, wanted, { back, email, error }), STATUS_OF_MISTAKE)
        }
        return sendPage(reply, sentPage(email, path, back))
      },
    )
  }
}

function formPage(
  reply: FastifyReply,
  wanted: LinkRequest['wanted'],
  { back, email, error }: { back: string; email?: string; error?: EmailNotValid },
): Page {
  const { path, title, intro, button } = PAGES[wanted]
  const body = html`${mistake(error)}
    <form class="stack card" method="post" action="${path}">
      ${csrfField(reply)}<input type="hidden" name="continue" value="${back}" />
      ${field({ name: 'email', label: 'E-mail address', type: 'email', value: email, autocomplete: 'username', maxLength: 254, error })}
      <button>${button}</button>
    </form>`
  return { title, heading: title, lead: intro(back), isNarrow: true, body }
}

const sentPage = (email: string, path: string, back: string): Page => ({
  title: 'Look into your mailbox',
  heading: 'Look into your mailbox',
  isNarrow: true,
  body: html`<p>We have sent a mail to <strong>${email.trim()}</strong>. Open the link in it to go on.</p>
    <p class="soft">
      Nothing there after some minutes? Look among unwanted mail and check the address, then
      <a href="${path}?continue=${encodeURIComponent(back)}">ask again</a>. We send at most three links in an
      hour, and each of them works.
    </p>`,
})
