import cookie, { type CookieSerializeOptions } from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findSession, type Session } from '#domain/identity'
import type { Db } from '#platform/database'
import type { Secrets } from '#platform/secrets'
import { html, type Html } from './html.ts'

/** As long as a session can live. */
const SESSION_COOKIE_S = 30 * 24 * 3600
const SESSION_TOKEN = /^[\w-]{43}$/

export interface VisitorOptions {
  db: Db
  publicUrl: string
  secrets: Secrets
  now: () => Date
}

/** What is known of the person behind a request to a page. */
interface Visit {
  session: Session | undefined
  /** One token for all forms of the page: the plugin would set a new cookie for each. */
  csrf?: string
}

const visits = new WeakMap<FastifyRequest, Visit>()

/**
 * Reads who visits, once for each request of this scope and after its limits, and refuses a POST whose form is not
 * one of ours for that very visitor (403 `FST_CSRF_INVALID_TOKEN`).
 */
export async function knowVisitors(app: FastifyInstance, options: VisitorOptions): Promise<void> {
  const { db, publicUrl, secrets, now } = options
  await app.register(cookie)
  await app.register(csrfProtection, {
    cookieKey: cookieName('csrf', publicUrl),
    cookieOpts: cookieOptions(publicUrl),
    csrfOpts: { hmacKey: secrets.deriveKey('csrf'), userInfo: true },
    getToken: (request) => (request.body as { _csrf?: string } | undefined)?._csrf,
    getUserInfo: (request) => userInfo(visits.get(request)),
  })
  const sessionCookie = cookieName('session', publicUrl)

  app.addHook('preParsing', async (request) => {
    const token = request.cookies[sessionCookie]
    const session = token && SESSION_TOKEN.test(token) ? await findSession(db, token, now()) : undefined
    visits.set(request, { session })
  })
  app.addHook('preHandler', (request, reply, next) => {
    if (isReading(request)) next()
    else app.csrfProtection(request, reply, next)
  })
}

/** Who is signed in; nobody on a request that is none of the pages'. */
export async function sessionOf(request: FastifyRequest): Promise<Session | undefined> {
  return visits.get(request)?.session
}

/** Who is signed in, or nothing after it has sent the visitor to sign in and come back: then return `reply`. */
export async function signedIn(request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined> {
  const session = await sessionOf(request)
  if (session) return session
  const back = isReading(request) ? request.url : '/'
  await reply
    .header('cache-control', 'no-store')
    .redirect(`/sign-in?continue=${encodeURIComponent(back)}`, 303)
  return undefined
}

/** Belongs into every form that posts. */
export function csrfField(reply: FastifyReply): Html {
  const visit = visits.get(reply.request)
  if (!visit) throw new Error('only a page of the customer area may have a form')
  visit.csrf ??= reply.generateCsrf({ userInfo: userInfo(visit) } as { userInfo: string })
  return html`<input type="hidden" name="_csrf" value="${visit.csrf}" />`
}

/** At sign-in; the browser keeps it for 30 days at most. */
export function giveSession(reply: FastifyReply, token: string, publicUrl: string): void {
  reply.setCookie(cookieName('session', publicUrl), token, {
    ...cookieOptions(publicUrl),
    maxAge: SESSION_COOKIE_S,
  })
}

export function takeSession(reply: FastifyReply, publicUrl: string): void {
  reply.clearCookie(cookieName('session', publicUrl), cookieOptions(publicUrl))
}

/** Known at once to the layout. */
export const visitorOf = (request: FastifyRequest): Session | undefined => visits.get(request)?.session

export const isReading = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

const userInfo = (visit: Visit | undefined) => visit?.session?.idHash.toString('base64url') ?? 'anonymous'

/** `__Host-` lets no other host of the domain set it; on loopback there may be no https, which it wants. */
const cookieName = (name: 'session' | 'csrf', publicUrl: string) =>
  isHttps(publicUrl) ? `__Host-${name}` : name

const cookieOptions = (publicUrl: string): CookieSerializeOptions => ({
  path: '/',
  httpOnly: true,
  sameSite: 'lax',
  secure: isHttps(publicUrl),
})

const isHttps = (url: string) => new URL(url).protocol === 'https:'
