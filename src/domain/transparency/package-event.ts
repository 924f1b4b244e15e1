import type { AdvisoryId, VersionId } from '#kernel/ids'

/** Something that happened to a package. */
export type PackageEvent =
  | { kind: 'version_published'; version: VersionId }
  /** The tag names another commit now. We keep the first one. */
  | { kind: 'tag_moved'; version: VersionId; movedTo: string }
  | { kind: 'version_withdrawn'; version: VersionId; reason?: string | undefined }
  | { kind: 'version_blocked'; version: VersionId; reason?: string | undefined }
  | { kind: 'advisory_filed'; advisory: AdvisoryId }

/** Names an event, for the column `deed`. The log has each of them once. */
export function nameOf(event: PackageEvent): string {
  switch (event.kind) {
    case 'advisory_filed':
      return `${event.kind} ${event.advisory}`
    case 'tag_moved':
      return `${event.kind} ${event.version} ${event.movedTo}`
    case 'version_published':
    case 'version_withdrawn':
    case 'version_blocked':
      return `${event.kind} ${event.version}`
  }
}
