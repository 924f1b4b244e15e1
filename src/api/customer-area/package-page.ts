import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findPublicPackage, type PublicPackage, versionDetails, versionText } from '#domain/catalogue'
import { packageName } from '#kernel/schemas'
import type { Db } from '#platform/database'
import type { Memory } from '../memory.ts'
import { notFoundPage, type Page, sendPage } from './layout.ts'
import { MARKDOWN_READ } from './markdown.ts'
import { pageOfPackage, type Tab } from './package-view.ts'
import { changelogTab, readmeTab } from './text-view.ts'
import { versionTab } from './version-view.ts'
import { versionsTab } from './versions-view.ts'

export interface PackagePageOptions {
  db: Db
  /** Keeps public pages only. Each change of a package, version, price or vendor empties it. */
  memory: Memory
  publicUrl: string
}

const AT = '/packages/:vendor/:name'
const versionsQuery = z.object({ page: z.coerce.number().int().min(1).max(10_000).catch(1) })

type OfPackage = FastifyRequest<{ Params: { vendor: string; name: string; version: string } }>
/** Undefined when the package has no such tab. */
type Read = (found: PublicPackage) => Promise<Tab | undefined> | Tab | undefined

/** The public pages of each package: its README, its changelog, its versions, and one version. */
export async function packagePages(
  app: FastifyInstance,
  { db, memory, publicUrl }: PackagePageOptions,
): Promise<void> {
  /** `key` names the tab. Pages that do not exist are not kept, so a stranger cannot fill the memory with keys. */
  async function send(request: OfPackage, reply: FastifyReply, [key, read]: [key: string, read: Read]) {
    const { vendor, name } = request.params
    const named = packageName.safeParse(`${vendor}/${name}`)
    if (!named.success) return sendPage(reply, notFoundPage, 404)
    const page = await memory.recall(`package ${named.data} ${key}`, async (): Promise<Page | undefined> => {
      const found = await findPublicPackage(db, named.data)
      const tab = found && (await read(found))
      return found && tab && pageOfPackage(found, tab, publicUrl)
    })
    return page ? sendPage(reply, page) : sendPage(reply, notFoundPage, 404)
  }
  /** One character more than is shown, so that a longer text is noticed. */
  const textOf = async ({ newest }: PublicPackage, kind: 'readme' | 'changelog') =>
    newest && versionText(db, { id: newest.id, kind, length: MARKDOWN_READ + 1 })

  app.get(AT, async (request: OfPackage, reply) =>
    send(request, reply, ['readme', async (found) => readmeTab(found, await textOf(found, 'readme'))]),
  )
  app.get(`${AT}/changelog`, async (request: OfPackage, reply) =>
    send(request, reply, [
      'changelog',
      async (found) => changelogTab(found, await textOf(found, 'changelog')),
    ]),
  )
  app.get(`${AT}/versions`, async (request: OfPackage, reply) => {
    const { page } = versionsQuery.parse(request.query)
    return send(request, reply, [`versions ${page}`, (found) => versionsTab(found, page)])
  })
  app.get(`${AT}/versions/:version`, async (request: OfPackage, reply) => {
    const { version: label } = request.params
    return send(request, reply, [
      `version ${label}`,
      async (found) => {
        const version = [...found.versions, ...found.gone].find((each) => each.label === label)
        const details = version && (await versionDetails(db, version.id))
        return details && versionTab(found, { version, details, publicUrl })
      },
    ])
  })
}
