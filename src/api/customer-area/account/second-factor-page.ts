import type { FastifyInstance, FastifyReply } from 'fastify'
import { renderSVG } from 'uqr'
import { z } from 'zod'
import {
  confirmSecondFactor,
  removeSecondFactor,
  renewRecoveryCodes,
  secondFactorOf,
  type SecurityChange,
  startSecondFactor,
  WrongCode,
} from '#domain/identity'
import { button, linkButton } from '../components/button.ts'
import { keyReveal } from '../components/code-block.ts'
import { notice } from '../components/notice.ts'
import { html, type Html } from '../html.ts'
import { type Page, sendPage } from '../layout.ts'
import { csrfField, setSessionCookie } from '../session.ts'
import { field, mistake } from './form.ts'
import { type AccountOptions, MAX_BODY_BYTES, originOf, securityChange } from './visit.ts'

const PATH = '/account/second-factor'
const form = z.object({ code: z.string().max(100).catch('') })

/** Turns the code at sign-in on and off. Each step needs a sign-in in the last 15 minutes. */
export async function secondFactorPage(app: FastifyInstance, options: AccountOptions): Promise<void> {
  const { db, secrets, publicUrl } = options
  const limits = { bodyLimit: MAX_BODY_BYTES }
  app.get(PATH, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    return change ? sendPage(reply, await pageOf(options, change, reply)) : reply
  })
  app.get(`${PATH}/qr.svg`, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    const factor = await secondFactorOf(db, secrets, change.session)
    if (factor.state !== 'starting') return reply.code(404).send()
    return reply
      .type('image/svg+xml')
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .send(renderSVG(factor.uri, { border: 2 }))
  })
  app.post(`${PATH}/start`, limits, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    await startSecondFactor(db, secrets, change)
    return reply.redirect(PATH, 303)
  })
  app.post(`${PATH}/confirm`, limits, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    const code = form.parse(request.body).code.replaceAll(/\s/g, '')
    try {
      const from = originOf(request)
      const { token, recoveryCodes } = await confirmSecondFactor(db, secrets, { ...change, code, from })
      setSessionCookie(reply, token, publicUrl)
      return sendPage(reply, codesPage(recoveryCodes))
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
      return sendPage(reply, await pageOf(options, change, reply, error), 401)
    }
  })
  app.post(`${PATH}/recovery-codes`, limits, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    return change ? sendPage(reply, codesPage(await renewRecoveryCodes(db, change))) : reply
  })
  app.post(`${PATH}/remove`, limits, async (request, reply) => {
    const change = await securityChange(options, request, reply)
    if (!change) return reply
    await removeSecondFactor(db, change)
    return reply.redirect('/account/security', 303)
  })
}

async function pageOf(
  { db, secrets }: AccountOptions,
  { session }: SecurityChange,
  reply: FastifyReply,
  error?: WrongCode,
): Promise<Page> {
  const factor = await secondFactorOf(db, secrets, session)
  const page = { title: 'Code at sign-in', heading: 'Code at sign-in', breadcrumb: CRUMBS }
  if (factor.state === 'off') return { ...page, lead: WHY, body: offered(reply) }
  if (factor.state === 'on') return { ...page, lead: WHY, body: managed(factor.recoveryCodesLeft, reply) }
  return { ...page, body: starting(factor.secret, reply, error) }
}

const CRUMBS = [{ href: '/account/security', text: 'Sign-in settings' }]
const WHY =
  'With it, a sign-in needs your password and a code from an app on your phone. Somebody who learns your password cannot sign in.'

const offered = (reply: FastifyReply): Html =>
  html`<form method="post" action="${PATH}/start">${csrfField(reply)}<button>Turn codes on</button></form>`

const starting = (secret: string, reply: FastifyReply, error: WrongCode | undefined): Html =>
  html`<p>
      Scan this with an authenticator app, or enter the key by hand. Then enter the code that it shows.
    </p>
    <p><img src="${PATH}/qr.svg" width="200" height="200" alt="QR code of the key below" /></p>
    <p>Key: <code>${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code></p>
    ${mistake(error)}
    <form class="stack" method="post" action="${PATH}/confirm">
      ${csrfField(reply)}
      ${field({ name: 'code', label: 'Code', autocomplete: 'one-time-code', maxLength: 10, error })}
      <button>Turn codes on</button>
    </form>
    <form method="post" action="${PATH}/start">
      ${csrfField(reply)}<button class="quiet">Make another key</button>
    </form>`

const managed = (left: number, reply: FastifyReply): Html =>
  html`${notice({ tone: 'good', text: `Codes are on. You have ${left} recovery codes left.` })}
    <div class="buttons">
      <form method="post" action="${PATH}/recovery-codes">
        ${csrfField(reply)}${button('Make new recovery codes', { kind: 'quiet' })}
      </form>
      <form method="post" action="${PATH}/remove">
        ${csrfField(reply)}${button('Turn codes off', { kind: 'danger' })}
      </form>
    </div>`

const codesPage = (codes: readonly string[]): Page => ({
  title: 'Your recovery codes',
  heading: 'Your recovery codes',
  lead: 'Keep them where you find them without your phone. Each works once instead of a code.',
  breadcrumb: CRUMBS,
  body: html`${keyReveal({
      name: 'Recovery codes',
      secret: codes.join('\n'),
      whenLost: 'Did you lose them? Make new ones with a code of your app.',
    })}
    <p>${linkButton('/account/security', 'I have kept them', { kind: 'quiet' })}</p>`,
})
