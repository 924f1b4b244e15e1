import cookie, { type CookieSerializeOptions } from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findSession, type Session } from '#domain/identity'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { html, type Html } from './html.ts'

/** The longest lifetime of a session. */
const SESSION_COOKIE_S = 30 * 24 * 3600
const SESSION_TOKEN = /^[\w-]{43}$/

export interface VisitorOptions {
  db: Db
  publicUrl: string
  secrets: Secrets
  now: () => Date
}

/** What is known about the person who requested a page. */
interface Visit {
  session: Session | undefined
  /** One token for all forms of the page, because the plugin would set a new cookie for each token. */
  csrf?: string
}

const visits = new WeakMap<FastifyRequest, Visit>()

/**
 * Reads the visitor's session once per request of this scope, after the rate limits. Refuses a POST without a form
 * token that we gave to the same visitor (403 `FST_CSRF_INVALID_TOKEN`).
 */
export async function identifyVisitors(app: FastifyInstance, options: VisitorOptions): Promise<void> {
  const { db, publicUrl, secrets, now } = options
  await app.register(cookie)
  await app.register(csrfProtection, {
    cookieKey: cookieName('csrf', publicUrl),
    cookieOpts: cookieOptions(publicUrl),
    csrfOpts: { hmacKey: secrets.deriveKey('csrf'), userInfo: true },
    getToken: (request) => (request.body as { _csrf?: string } | undefined)?._csrf,
    getUserInfo: (request) => userInfo(visits.get(request)),
  })
  app.addHook('preParsing', async (request) => {
    const token = sessionTokenOf(request, publicUrl)
    const session = token ? await findSession(db, token, now()) : undefined
    visits.set(request, { session })
  })
  app.addHook('preHandler', (request, reply, next) => {
    if (isSafeMethod(request)) next()
    else app.csrfProtection(request, reply, next)
  })
}

/** Returns the visitor's session. Returns undefined when nobody is signed in or the request is not for a page. */
export async function sessionOf(request: FastifyRequest): Promise<Session | undefined> {
  return visits.get(request)?.session
}

/**
 * Returns the visitor's session. Without one, it redirects the visitor to sign in and come back, and returns undefined:
 * the caller then returns `reply`.
 */
export async function signedIn(request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined> {
  const session = await sessionOf(request)
  if (session) return session
  const back = isSafeMethod(request) ? request.url : '/'
  await reply
    .header('cache-control', 'no-store')
    .redirect(`/sign-in?continue=${encodeURIComponent(back)}`, 303)
  return undefined
}

/** The hidden field with the form token. Every form that posts needs it. */
export const csrfField = (reply: FastifyReply): Html =>
  html`<input type="hidden" name="_csrf" value="${csrfToken(reply)}" />`

/** The form token by itself, for a button that posts a form which is otherwise read. */
export function csrfToken(reply: FastifyReply): string {
  const visit = visits.get(reply.request)
  if (!visit) throw new Error('only a page of the customer area may have a form')
  visit.csrf ??= reply.generateCsrf({ userInfo: userInfo(visit) } as { userInfo: string })
  return visit.csrf
}

/** Sets the session cookie at sign-in. The browser keeps it for at most 30 days. */
export function setSessionCookie(reply: FastifyReply, token: string, publicUrl: string): void {
  reply.setCookie(cookieName('session', publicUrl), token, {
    ...cookieOptions(publicUrl),
    maxAge: SESSION_COOKIE_S,
  })
}

export function clearSessionCookie(reply: FastifyReply, publicUrl: string): void {
  reply.clearCookie(cookieName('session', publicUrl), cookieOptions(publicUrl))
}

/** The token in the visitor's cookie, even if nobody is signed in with it. */
export function sessionTokenOf({ cookies }: FastifyRequest, publicUrl: string): string | undefined {
  const token = cookies[cookieName('session', publicUrl)]
  return token && SESSION_TOKEN.test(token) ? token : undefined
}

/** Returns the session without a promise, for the layout. */
export const visitorOf = (request: FastifyRequest): Session | undefined => visits.get(request)?.session

export const isSafeMethod = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

const userInfo = (visit: Visit | undefined) => visit?.session?.idHash.toString('base64url') ?? 'anonymous'

/**
 * With `__Host-`, no other host of the domain can set the cookie. The prefix needs https, and a server on this machine
 * may have none.
 */
const cookieName = (name: 'session' | 'csrf', publicUrl: string) =>
  isHttps(publicUrl) ? `__Host-${name}` : name

const cookieOptions = (publicUrl: string): CookieSerializeOptions => ({
  path: '/',
  httpOnly: true,
  sameSite: 'lax',
  secure: isHttps(publicUrl),
})

const isHttps = (url: string) => new URL(url).protocol === 'https:'
