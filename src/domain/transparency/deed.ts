import type { AdvisoryId, VersionId } from '#kernel/ids'

/** Something that happened to a package. */
export type Deed =
  | { kind: 'version_published'; version: VersionId }
  /** The tag names another commit now. We keep the first one. */
  | { kind: 'tag_moved'; version: VersionId; movedTo: string }
  | { kind: 'version_withdrawn'; version: VersionId; reason?: string | undefined }
  | { kind: 'version_blocked'; version: VersionId; reason?: string | undefined }
  | { kind: 'advisory_filed'; advisory: AdvisoryId }

/** Names a deed. The log has each of them once. */
export function nameOf(deed: Deed): string {
  switch (deed.kind) {
    case 'advisory_filed':
      return `${deed.kind} ${deed.advisory}`
    case 'tag_moved':
      return `${deed.kind} ${deed.version} ${deed.movedTo}`
    case 'version_published':
    case 'version_withdrawn':
    case 'version_blocked':
      return `${deed.kind} ${deed.version}`
  }
}
