import type { ProjectId } from '#kernel/ids'
import { isWithin, packageOfProject, type PackageOfProject, type Until } from '#domain/licensing'
import { type ServedVersion, versionDetails, versionsOf } from '#domain/publishing'
import { type Answer, info, notFound } from './answer.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { minified, rendered } from './minified.ts'
import { notLicensed, pageOf, releasedTooLate } from './refusals.ts'
import { validatorOf } from './validator.ts'

/** `p2/<vendor>/<package>.json`, or `~dev.json` for branches, which we do not serve. */
export async function metadata(
  options: ComposerRegistryOptions,
  { project, path }: { project: ProjectId; path: string },
): Promise<Answer> {
  const { db, publicUrl } = options
  const [, name, dev] = /^([^/~\0]+\/[^/~\0]+?)(~dev)?\.json$/.exec(path) ?? []
  const found = name ? await packageOfProject(db, { project, name }) : undefined
  if (!found) return notFound
  if (!found.until) return found.isPublic || found.buysFromVendor ? notLicensed(publicUrl, found) : notFound
  if (dev) return { status: 200, body: { minified: 'composer/2.0', packages: { [found.name]: [] } } }
  return licensed(options, found, found.until)
}

async function licensed(
  options: ComposerRegistryOptions,
  found: PackageOfProject,
  until: Until,
): Promise<Answer> {
  const { db, publicUrl } = options
  const versions = await versionsOf(db, found.id)
  const offered = versions.filter(({ status }) => status === 'available')
  const visible = offered.filter(({ releasedAt }) => isWithin(until, releasedAt))
  const notice = noticeOf(publicUrl, found, offered, until)
  return {
    status: 200,
    validator: validatorOf([found.id, found.revision, visible.length, notice ?? null, publicUrl]),
    body: async () => {
      const details = await versionDetails(
        db,
        visible.map(({ id }) => id),
      )
      return {
        minified: 'composer/2.0',
        packages: { [found.name]: minified(details.map((each) => rendered(publicUrl, found.name, each))) },
        filter: { malware: versions.filter(({ status }) => status === 'blocked').map(asMalware) },
        ...(notice && { infos: [info(notice)] }),
      }
    },
  }

  function asMalware({ id, label }: ServedVersion) {
    return { constraint: label, url: pageOf(publicUrl, found.name), reason: 'Blocked as malware', id }
  }
}

/** About the newest version that came too late, as long as nothing newer is inside the window. */
function noticeOf(
  publicUrl: string,
  found: PackageOfProject,
  offered: readonly ServedVersion[],
  until: Until,
): string | undefined {
  const [newest] = offered
  if (!newest || isWithin(until, newest.releasedAt)) return undefined
  return releasedTooLate(publicUrl, found, newest.tag)
}
