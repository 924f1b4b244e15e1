import type { FastifyReply, FastifyRequest } from 'fastify'
import { findHalfSession, type Origin, type Passwords, type SecurityChange } from '#domain/identity'
import type { Db } from '#platform/database'
import { networkOf } from '#platform/network'
import type { Secrets } from '#platform/secrets'
import { isSafeMethod, setSessionCookie, signedIn } from '../session.ts'
import { browserName } from './browser-name.ts'

/** How long after a sign-in a person may change the settings of the account. */
const RECENT_MS = 15 * 60_000
export const MAX_BODY_BYTES = 8 * 1024

export interface AccountOptions {
  db: Db
  publicUrl: string
  passwords: Passwords
  secrets: Secrets
  now: () => Date
}

/** Where a request comes from. */
export const originOf = (request: FastifyRequest): Origin => ({
  network: networkOf(request),
  browser: browserName(request.headers['user-agent']),
})

/**
 * Returns who changes the account and when. Without a sign-in in the last 15 minutes, it redirects the person to sign in
 * and come back, from a form to its `page`, and returns undefined: the caller then returns `reply`.
 */
export async function securityChange(
  { now }: Pick<AccountOptions, 'now'>,
  request: FastifyRequest,
  reply: FastifyReply,
  page = '/account/security',
): Promise<SecurityChange | undefined> {
  const session = await signedIn(request, reply)
  if (!session) return undefined
  const at = now()
  if (at.getTime() - session.authAt.getTime() <= RECENT_MS) return { session, at, request: request.id }
  const back = isSafeMethod(request) ? request.url : page
  await reply
    .header('cache-control', 'no-store')
    .redirect(`/sign-in?again=1&continue=${encodeURIComponent(back)}`, 303)
  return undefined
}

/**
 * Sets the cookie of the new session and redirects the person. When a code is still missing, the code page comes first.
 */
export async function beginVisit(
  { db, publicUrl, now }: Pick<AccountOptions, 'db' | 'publicUrl' | 'now'>,
  reply: FastifyReply,
  { token, back }: { token: string; back: string },
): Promise<FastifyReply> {
  setSessionCookie(reply, token, publicUrl)
  const isHalf = (await findHalfSession(db, token, now())) !== undefined
  return reply.redirect(isHalf ? `/sign-in/code?continue=${encodeURIComponent(back)}` : back, 303)
}
