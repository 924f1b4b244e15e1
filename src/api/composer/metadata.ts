import type { ProjectId } from '#kernel/ids'
import { packagesThatBring } from '#domain/catalogue'
import {
  grantingPackage,
  isWithin,
  packageOfProject,
  type PackageOfProject,
  type Until,
} from '#domain/licensing'
import {
  breakingFault,
  fieldOf,
  heldBack,
  type ServedVersion,
  type VersionDetails,
  versionDetails,
  versionsOf,
} from '#domain/publishing'
import { type Answer, info, notFound } from './answer.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { type Entry, minified, rendered } from './minified.ts'
import { isReadBefore26 } from './old-client.ts'
import { coolingDown, leftOut, needsComposer26, notLicensed, pageOf, releasedTooLate } from './refusals.ts'
import { digestOf } from './digest.ts'

/** `p2/<vendor>/<package>.json`, or `~dev.json` for branches, which we do not serve. `isOld`: Composer before 2.6. */
export async function metadata(
  options: ComposerRegistryOptions,
  { project, path, isOld }: { project: ProjectId; path: string; isOld: boolean },
): Promise<Answer> {
  const { db } = options
  const [, name, dev] = /^([^/~\0]+\/[^/~\0]+?)(~dev)?\.json$/.exec(path) ?? []
  const found = name ? await packageOfProject(db, { project, name }) : undefined
  if (!found) return notFound
  if (!found.until) return found.isPublic || found.buysFromVendor ? buyIt(options, found) : notFound
  if (dev) {
    const body = { minified: 'composer/2.0', packages: { [found.name]: [] } }
    return { status: 200, body, digest: digestOf(body) }
  }
  return licensed(options, { project, found, until: found.until, isOld })
}

/** The refusal of a package that a project has not bought. */
export async function buyIt(
  { db, publicUrl }: ComposerRegistryOptions,
  { name, isPublic }: { name: string; isPublic: boolean },
): Promise<Answer> {
  return notLicensed(publicUrl, {
    name,
    isPublic,
    comesWith: isPublic ? [] : await packagesThatBring(db, name),
  })
}

async function licensed(options: ComposerRegistryOptions, licence: Licensed): Promise<Answer> {
  const { db, publicUrl, memory, now } = options
  const { found, until, isOld } = licence
  const { id, revision, isPublic, isWithdrawn } = found
  const versions = await memory.recall(`versions of ${found.id}`, () => versionsOf(db, found.id))
  const offered = versions.filter(({ status }) => status === 'available')
  const within = offered.filter(({ releasedAt }) => isWithin(until, releasedAt))
  const held = await heldBack(db, { packageId: id, versions, days: found.cooldownDays, at: now() })
  const ripe = within.filter((each) => !held.some(({ version }) => version === each))
  const unreadable = isOld ? ripe.filter(({ tag }) => !isReadBefore26(tag)) : []
  const visible = ripe.filter((each) => !unreadable.includes(each)).map(({ id }) => id)
  const malware = versions.filter(({ status }) => status === 'blocked').map(asMalware)
  const notices = [
    await noticeOf(options, licence, offered),
    cooldownNotice(
      publicUrl,
      licence,
      held.filter(({ version }) => within.includes(version)),
    ),
    unreadable[0] && needsComposer26(publicUrl, { ...found, tag: unreadable[0].tag }),
  ].filter((text) => text !== undefined)
  return {
    status: 200,
    // covers everything that the body shows, so the digest is right even when the rows were read at different
    // times
    digest: digestOf([id, revision, visible, malware, notices, isPublic, isWithdrawn, publicUrl]),
    body: async () => {
      const { entries, omitted } = await loadable(options, found, versionDetails(db, visible))
      const infos = [...notices, ...(omitted ? [omitted] : [])].map(info)
      return bodyWith(found.name, entries, { filter: { malware }, ...(infos.length > 0 && { infos }) })
    },
  }

  function asMalware({ id: version, label, blockedBecause: reason }: ServedVersion) {
    return { constraint: label, url: pageOf(publicUrl, found), reason, id: version }
  }
}

/**
 * The entries of the versions, each as JSON. Leaves out versions that an earlier release of ours accepted and that Composer
 * cannot load: one of them would fail every update of every project that reads the metadata. `omitted` names them.
 */
async function loadable(
  { publicUrl, log }: ComposerRegistryOptions,
  found: PackageOfProject,
  details: AsyncIterable<VersionDetails>,
) {
  const entries: Buffer[] = []
  const versions: Array<{ tag: string; field: string }> = []
  let before: Entry | undefined
  for await (const version of details) {
    const entry = rendered(publicUrl, found, version)
    const fault = breakingFault(entry, { name: found.name, tag: version.tag })
    if (fault) {
      versions.push({ tag: version.tag, field: fieldOf(fault) })
      continue
    }
    entries.push(Buffer.from(JSON.stringify(minified(entry, before))))
    before = entry
  }
  if (versions.length)
    log.warn({ package: found.id, versions }, 'versions that Composer cannot load are left out')
  return { entries, omitted: versions.length ? leftOut(publicUrl, { ...found, versions }) : undefined }
}

/** Joins bytes, because all entries together may be longer than a text can be. */
function bodyWith(name: string, entries: readonly Buffer[], more: { filter: object }): Buffer {
  return Buffer.concat([
    Buffer.from(`{"minified":"composer/2.0","packages":{${JSON.stringify(name)}:[`),
    ...entries.flatMap((entry, n) => (n ? [Buffer.from(','), entry] : [entry])),
    Buffer.from(`]},${JSON.stringify(more).slice(1)}`),
  ])
}

/** Names the newest version that waits. It is part of the digest, so the end of a wait changes the digest. */
function cooldownNotice(
  publicUrl: string,
  { project, found }: Licensed,
  [newest]: Awaited<ReturnType<typeof heldBack>>,
): string | undefined {
  if (!newest) return undefined
  const { version, until } = newest
  return coolingDown(publicUrl, { project, name: found.name, tag: version.tag, until })
}

interface Licensed {
  project: ProjectId
  found: PackageOfProject
  until: Until
  isOld: boolean
}

/** Returns a notice when the newest version was released after the project's update window. */
async function noticeOf(
  { db, publicUrl }: ComposerRegistryOptions,
  { project, found: { id, name }, until }: Licensed,
  [newest]: readonly ServedVersion[],
): Promise<string | undefined> {
  if (!newest || isWithin(until, newest.releasedAt)) return undefined
  const grantedBy = await grantingPackage(db, { project, packageId: id })
  return releasedTooLate(publicUrl, { name, tag: newest.tag, grantedBy })
}
