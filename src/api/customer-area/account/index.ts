import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { changePages } from './change-pages.ts'
import { codePage } from './code-page.ts'
import { linkPage } from './link-page.ts'
import { securityPage } from './security-page.ts'
import { requestLinkPages } from './request-link-pages.ts'
import { secondFactorPage } from './second-factor-page.ts'
import type { AccountOptions } from './visit.ts'

const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

/** Sign-up, mailed links, codes at sign-in, and the settings of an account. */
export async function accountPages(app: FastifyInstance, options: AccountOptions): Promise<void> {
  await app.register(rateLimit, { global: false, addHeaders: QUIET, addHeadersOnExceeding: QUIET })
  await app.register(requestLinkPages, options)
  await app.register(linkPage, options)
  await app.register(codePage, options)
  await app.register(securityPage, options)
  await app.register(changePages, options)
  await app.register(secondFactorPage, options)
}
