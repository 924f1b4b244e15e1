import type { FastifyInstance, FastifyReply } from 'fastify'
import { ownVersions, skippedTags } from '#domain/offers'
import { checksOf, missingDependencies, withdrawVersion } from '#domain/publishing'
import { DomainError } from '#kernel/errors'
import { noteCode } from '../audit-refusals.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import type { Wrong } from './offer-forms.ts'
import { packagePage, VERSIONS_SHOWN } from './package-view.ts'
import { pathOf } from './paths.ts'
import { type ForPackage, type PackagesOptions, textsIn, type Visit, visitOf } from './visit.ts'
import { versionPage, withdrawPage } from './version-view.ts'

const REFUSED = 422

interface Query {
  Querystring: { saved?: unknown; from?: unknown }
}

/** The page of a package of a vendor, and of each version with its checks. */
export function packagePages(app: FastifyInstance, options: PackagesOptions): void {
  const { db } = options

  app.get<ForPackage & Query>(pathOf(':package'), async (request, reply) => {
    const visit = await visitOf(options, request, reply)
    return visit ? sendPackage(options, visit) : reply
  })

  app.get<ForPackage & Query>(pathOf(':package', 'versions', ':version'), async (request, reply) => {
    const found = await versionOf(request, reply)
    if (!found) return reply
    const checks = await checksOf(db, found.version.id)
    return sendPage(
      reply,
      versionPage({ ...found, checks, isWithdrawn: request.query.saved === 'withdrawn' }),
    )
  })

  app.get<ForPackage>(pathOf(':package', 'versions', ':version', 'withdraw'), async (request, reply) => {
    const found = await versionOf(request, reply)
    return found ? sendPage(reply, withdrawPage(reply, found)) : reply
  })

  app.post<ForPackage>(pathOf(':package', 'versions', ':version', 'withdraw'), async (request, reply) => {
    const found = await versionOf(request, reply)
    if (!found) return reply
    const { caller, org, pack, version } = found
    const reason = textsIn(request)('reason')
    try {
      const by = { caller, org }
      await withdrawVersion(db, { by, package: pack.name, version: version.label, reason })
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'reason_invalid') throw error
      noteCode(request, error.code)
      return sendPage(reply, withdrawPage(reply, { ...found, reason, error: error.message }), REFUSED)
    }
    return reply.redirect(`${pathOf(pack.id, 'versions', version.id)}?saved=withdrawn`, 303)
  })

  /** Without a version of this package, sends a response and returns undefined. */
  async function versionOf(request: Visit['request'], reply: FastifyReply) {
    const visit = await visitOf(options, request, reply)
    if (!visit) return undefined
    const versions = await ownVersions(db, visit.pack.id)
    const version = versions.find(({ id }) => id === request.params.version)
    if (version) return { ...visit, version }
    await sendPage(reply, notFoundPage, 404)
    return undefined
  }
}

/** Sends the page of a package; `wrong` shows a form again that was refused. */
export async function sendPackage(
  { db, currencies }: PackagesOptions,
  { request, reply, org, pack }: Visit,
  wrong?: Wrong,
): Promise<FastifyReply> {
  const { saved, from: wanted } = request.query as { saved?: unknown; from?: unknown }
  const versions = await ownVersions(db, pack.id)
  const from = typeof wanted === 'string' && /^\d{1,5}$/.test(wanted) ? Number(wanted) : 0
  const page = packagePage(reply, {
    org,
    pack,
    currencies,
    wrong,
    versions: versions.slice(from, from + VERSIONS_SHOWN),
    from,
    versionCount: versions.length,
    skipped: await skippedTags(db, pack.id),
    missing: await missingDependencies(db, { package: pack.id }),
    saved: typeof saved === 'string' && !wrong ? saved : undefined,
  })
  return sendPage(reply, page, wrong ? REFUSED : 200)
}
