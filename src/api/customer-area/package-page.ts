import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findPublicPackage, type PublicPackage, versionDetails } from '#domain/catalogue'
import type { VersionId } from '#kernel/ids'
import { packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import type { Memory } from '../memory.ts'
import { notFoundPage, sendPage } from './layout.ts'
import { pageOfPackage, type Tab } from './package-view.ts'
import { changelogTab, readmeTab } from './text-view.ts'
import { versionTexts } from './version-texts.ts'
import { versionTab } from './version-view.ts'
import { versionsTab } from './versions-view.ts'

export interface PackagePageOptions {
  db: Db
  /** Keeps what the pages show. Each change of a package, version, price or vendor empties it. */
  memory: Memory
  publicUrl: string
}

const AT = '/packages/:vendor/:name'
const versionsQuery = z.object({ page: z.coerce.number().int().min(1).max(10_000).catch(1) })

type OfPackage = FastifyRequest<{ Params: { vendor: string; name: string; version: string } }>
/** Undefined when the package has no such tab. */
type Read = (found: PublicPackage) => Promise<Tab | undefined> | Tab | undefined

/**
 * The public pages of each package: its README, its changelog, its versions, and one version. The package is kept, not
 * its pages: so an address that does not exist costs no query, and cannot fill the memory.
 */
export async function packagePages(
  app: FastifyInstance,
  { db, memory, publicUrl }: PackagePageOptions,
): Promise<void> {
  const textOf = versionTexts(db)

  async function send(request: OfPackage, reply: FastifyReply, read: Read) {
    const { vendor, name } = request.params
    const named = packageName.safeParse(`${vendor}/${name}`)
    if (!named.success) return sendPage(reply, notFoundPage, 404)
    const found = await memory.recall(`package ${named.data}`, () => findPublicPackage(db, named.data))
    const tab = found && (await read(found))
    if (!found || !tab) return sendPage(reply, notFoundPage, 404)
    const details = found.newest && (await detailsOf(found.newest))
    return sendPage(reply, pageOfPackage(found, tab, { publicUrl, reply, details }))
  }

  const detailsOf = async ({ id }: { id: VersionId }) =>
    memory.recall(`version ${id}`, () => versionDetails(db, id))

  app.get(AT, async (request: OfPackage, reply) =>
    send(request, reply, async (found) =>
      readmeTab(found, found.newest && (await textOf(found.newest.id, 'readme'))),
    ),
  )
  app.get(`${AT}/changelog`, async (request: OfPackage, reply) =>
    send(request, reply, async (found) =>
      found.newest?.hasChangelog
        ? changelogTab(found, await textOf(found.newest.id, 'changelog'))
        : undefined,
    ),
  )
  app.get(`${AT}/versions`, async (request: OfPackage, reply) => {
    const { page } = versionsQuery.parse(request.query)
    return send(request, reply, (found) => versionsTab(found, page))
  })
  app.get(`${AT}/versions/:version`, async (request: OfPackage, reply) => {
    const hasLabel = ({ label }: { label: string }) => label === request.params.version
    return send(request, reply, async (found) => {
      const version = found.versions.find(hasLabel) ?? found.gone.find(hasLabel)
      const details = version && (await detailsOf(version))
      return details && versionTab(found, { version, details, publicUrl })
    })
  })
}
