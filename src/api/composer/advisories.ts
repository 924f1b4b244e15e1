import type { ProjectId } from '#kernel/ids'
import { entitlementsOf } from '#domain/licensing'
import { type Advisory, advisoriesOf } from '#domain/publishing'
import { type Answer, warning } from './answer.ts'
import { moment } from './minified.ts'
import type { ComposerRegistryOptions } from './options.ts'
import { pageOf } from './refusals.ts'

/** `composer audit` posts the names of all packages of a project at once, and fails when one repository refuses. */
const MAX_NAMES = 10_000

/**
 * Returns security advisories for `packages[]=a/b`, a form that Composer posts on each `require` and `update`
 * (https://getcomposer.org/doc/05-repositories.md#security-advisories). Only for packages that the project may install.
 */
export async function advisories(
  { db, publicUrl }: ComposerRegistryOptions,
  { project, form }: { project: ProjectId; form: string | undefined },
): Promise<Answer> {
  const text = form ?? ''
  // counted before it is parsed, because the time to parse half a million empty fields is seconds
  if (text.split('&', MAX_NAMES + 1).length > MAX_NAMES)
    return warning(413, `Ask for at most ${MAX_NAMES} packages at a time.`)
  const fields = [...new URLSearchParams(text)].filter(([key]) => /^packages\[\d*\]$/.test(key))
  const names = new Set(fields.map(([, name]) => name.toLowerCase()))
  const entitled = names.size ? await entitlementsOf(db, project) : []
  const wanted = entitled.filter(({ name }) => names.has(name))
  const byPackage = Map.groupBy(
    await advisoriesOf(
      db,
      wanted.map(({ packageId }) => packageId),
    ),
    (each) => each.packageId,
  )
  const reported = wanted.flatMap(({ packageId, name, isPublic }) => {
    const page = pageOf(publicUrl, { name, isPublic })
    const list = byPackage.get(packageId)
    return list ? [[name, list.map((each) => shown(name, page, each))]] : []
  })
  return { status: 200, body: { advisories: Object.fromEntries(reported) } }
}

/** Has every field, because Composer refuses the whole list when a field is missing. */
const shown = (packageName: string, page: string, advisory: Advisory) => ({
  advisoryId: advisory.id,
  packageName,
  affectedVersions: advisory.affectedVersions,
  title: advisory.title,
  cve: advisory.cve ?? null,
  link: advisory.link ?? page,
  reportedAt: moment(advisory.reportedAt),
  severity: advisory.severity,
  sources: [{ name: 'packagento', remoteId: advisory.id }],
})
