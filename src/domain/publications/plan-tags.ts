import { compare } from '#kernel/composer-version/compare'
import { skippedSentence, type Tag, taggedVersion, versionOfTag } from '#domain/publishing'
import { RepositoryHasNoVersionTags } from './errors.ts'

interface PlannedTags {
  /** The newest version first. */
  versions: string[]
  skipped: { tag: string; reason: string; message: string }[]
}

/** Which tags of a repository would become versions, by their names only. */
export function planTags(tags: readonly Tag[]): PlannedTags {
  const versions = new Map<string, string>()
  const skipped: PlannedTags['skipped'] = []
  for (const { tag } of tags.filter((each) => each.tag.length <= 255)) {
    const version = versionOfTag(tag)
    if ('skipped' in version)
      skipped.push({ tag, reason: 'not_a_version_tag', message: skippedSentence(version) })
    else if (versions.has(version.normalized))
      skipped.push({ tag, reason: 'same_version_exists', message: 'Another tag is the same version.' })
    else versions.set(version.normalized, version.label)
  }
  const newestFirst = [...versions].sort(([a], [b]) => compare(b, a))
  return { versions: newestFirst.map(([, label]) => label), skipped }
}

/** Prefers a stable version. Refuses `no_version_tags`. */
export function newestVersionTag<Each extends Tag>(tags: readonly Each[]): Each {
  const versions = tags.flatMap((each) => {
    const version = taggedVersion(each.tag)
    return version ? [{ each, ...version }] : []
  })
  const stable = versions.filter(({ stability }) => stability === 'stable')
  const [newest] = (stable.length ? stable : versions).sort((a, b) => compare(b.normalized, a.normalized))
  if (!newest) throw new RepositoryHasNoVersionTags()
  return newest.each
}
