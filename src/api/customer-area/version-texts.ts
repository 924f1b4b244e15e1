import { versionText } from '#domain/catalogue'
import type { VersionId } from '#kernel/ids'
import { boundedMap } from '#platform/bounded-map'
import type { Db } from '#platform/database'
import type { Html } from './html.ts'
import { markdown, MARKDOWN_READ } from './markdown.ts'

/** In characters of HTML. */
const MOST_KEPT = 32 * 1024 * 1024

/** Undefined when the vendor wrote no such text, or only spaces. */
export type VersionTexts = (id: VersionId, kind: 'readme' | 'changelog') => Promise<Html | undefined>

/**
 * Renders the texts of versions and keeps the results, because a hostile text takes half a second. No change makes a
 * result stale: the texts of a version are frozen. The caller checks first whether the shop shows the version.
 */
export function versionTexts(db: Db): VersionTexts {
  const kept = boundedMap<string, Html>(MOST_KEPT, ({ markup }) => markup.length)
  return async (id, kind) => {
    const key = `${kind} ${id}`
    const found = kept.get(key)
    if (found) return found
    // one character more than is shown, so that a longer text is noticed
    const text = await versionText(db, { id, kind, length: MARKDOWN_READ + 1 })
    if (!text?.trim()) return undefined
    // callers that waited for the same text share the first result
    const rendered = kept.get(key) ?? markdown(text)
    kept.set(key, rendered)
    return rendered
  }
}
