import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import {
  type Passwords,
  type Session,
  signIn,
  signOut,
  TooManySignIns,
  WrongEmailOrPassword,
} from '#domain/identity'
import type { Db } from '#platform/database'
import { countedNetworkOf } from '#platform/network'
import { beginVisit, originOf } from './account/visit.ts'
import { auditsItself } from './audit-refusals.ts'
import { ADD } from './buying/add-form.ts'
import { notice } from './components/notice.ts'
import { html, type Html } from './html.ts'
import { type Page, sendPage } from './layout.ts'
import { nextStepAfter, shownStep } from './next-steps.ts'
import { ownPath } from './own-path.ts'
import { csrfField, sessionOf, clearSessionCookie } from './session.ts'

const MAX_BODY_BYTES = 8 * 1024
const MAX_ADDRESS_LENGTH = 254
/** Per IPv4 address or IPv6 /48, in this process. */
const PER_NETWORK = {
  keyGenerator: countedNetworkOf,
  max: 20,
  timeWindow: 5 * 60_000,
  errorResponseBuilder: (_: unknown, { ttl }: { ttl: number }) => new TooManySignIns(Math.ceil(ttl / 1000)),
}
const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/** A field that is missing or sent twice counts as an empty text, so the sign-in fails. */
const signInForm = z.object({
  email: z.string().max(MAX_ADDRESS_LENGTH).catch(''),
  password: z.string().catch(''),
  continue: z.unknown().optional(),
})

export interface SignInOptions {
  db: Db
  publicUrl: string
  passwords: Passwords
  now: () => Date
}

/** `/sign-in` and `/sign-out`. A person who signs in again gets a new session. */
export async function signInPages(app: FastifyInstance, options: SignInOptions): Promise<void> {
  const { db, publicUrl, passwords, now } = options
  await app.register(rateLimit, { global: false, addHeaders: QUIET, addHeadersOnExceeding: QUIET })

  app.get<{ Querystring: { continue?: unknown; again?: unknown } }>('/sign-in', async (request, reply) => {
    const session = await sessionOf(request)
    const { continue: to, again } = request.query
    return sendPage(reply, signInPage(reply, { session, back: ownPath(to), isForChange: again === '1' }))
  })

  app.post(
    '/sign-in',
    { bodyLimit: MAX_BODY_BYTES, config: { rateLimit: PER_NETWORK } },
    async (request, reply) => {
      const { email, password, continue: back } = signInForm.parse(request.body)
      const previous = await sessionOf(request)
      auditsItself(request)
      try {
        const given = { email, password, ...originOf(request), previous, request: request.id, at: now() }
        const token = await signIn(db, passwords, given)
        return await beginVisit(options, reply, { token, back: ownPath(back) })
      } catch (error) {
        if (error instanceof TooManySignIns) reply.header('retry-after', error.retryAfter)
        if (!(error instanceof WrongEmailOrPassword)) throw error
        const page = signInPage(reply, { session: previous, back: ownPath(back), email, error })
        return sendPage(reply, page, 401)
      }
    },
  )

  app.post('/sign-out', async (request, reply) => {
    const session = await sessionOf(request)
    if (session) await signOut(db, { session, request: request.id })
    clearSessionCookie(reply, publicUrl)
    return reply.redirect('/', 303)
  })
}

interface SignInView {
  session: Session | undefined
  /** Where the person goes after the sign-in. */
  back: string
  /** The settings of the account ask for a recent sign-in. */
  isForChange?: boolean
  email?: string
  error?: WrongEmailOrPassword
}

function signInPage(reply: FastifyReply, { session, back, isForChange, email, error }: SignInView): Page {
  const atFault = error && html`aria-invalid="true" aria-describedby="mistake"`
  const body = html`${session && (isForChange ? FOR_CHANGE : alreadySignedIn(session, back))}
    ${error && mistake(error)}
    <form class="stack card" method="post" action="/sign-in">
      ${csrfField(reply)}
      <input type="hidden" name="continue" value="${back}" />
      <div class="field">
        <label for="email">E-mail address</label>
        <input
          id="email"
          name="email"
          type="email"
          value="${email}"
          autocomplete="username"
          maxlength="${MAX_ADDRESS_LENGTH}"
          required
          ${atFault}
        />
      </div>
      <div class="field">
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${atFault}
        />
      </div>
      <button>Sign in</button>
    </form>
    <p>
      <a href="/sign-up?continue=${encodeURIComponent(back)}">Open an account</a> or
      <a href="/reset-password?continue=${encodeURIComponent(back)}">choose a new password</a>.
    </p>`
  const title = error ? 'Not signed in' : 'Sign in'
  return { title, heading: 'Sign in', lead: whySignIn(back), isNarrow: true, body }
}

/** Explains to a visitor who followed a link why a sign-in is needed, and which person has to sign in. */
function whySignIn(back: string): string {
  if (back.startsWith('/o/'))
    return 'Sign in as the person whose assistant asked. You come back to its request.'
  const { pathname, searchParams } = new URL(back, 'http://here.invalid')
  if (pathname.startsWith('/connect/') || pathname === '/device')
    return 'Sign in as the person whose assistant asked.'
  if (pathname === ADD) return searchParams.has('free') ? 'Sign in to get it.' : 'Sign in to buy.'
  return back === '/' ? 'Welcome back.' : 'Sign in to see that page. You come back to it.'
}

const mistake = (error: WrongEmailOrPassword): Html => {
  const step = nextStepAfter(error)
  return notice({ tone: 'bad', id: 'mistake', text: html`${error.message} ${step && shownStep(step)}` })
}

const FOR_CHANGE = notice({ tone: 'info', text: 'This changes your account, so please sign in again.' })

const alreadySignedIn = ({ displayName }: Session, back: string): Html =>
  notice({
    tone: 'info',
    text: html`You are signed in as ${displayName}. <a href="${back}">Go on</a>, or sign in again.`,
  })
