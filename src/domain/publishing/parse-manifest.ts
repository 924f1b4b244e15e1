import { ManifestIsInvalid, ManifestIsMissing } from './errors.ts'
import type { Manifest } from './manifest/subject.ts'

const MOST_BYTES = 2 ** 20
/** PHP reads at most 512 levels. No honest manifest has a tenth of this. */
const DEEPEST = 100

/**
 * Reads the bytes of a composer.json. `checkManifest` then checks what it means. Refuses `manifest_missing` and
 * `manifest_invalid`.
 */
export function parseManifest(
  bytes: Uint8Array | undefined,
  { name, tag }: { name: string; tag: string },
): Manifest {
  if (!bytes) throw new ManifestIsMissing(name, tag)
  if (bytes.length > MOST_BYTES) throw invalid('is larger than 1 MiB')
  const text = textOf(bytes)
  if (text === undefined) throw invalid('is not UTF-8')
  if (depthOf(text) > DEEPEST) throw invalid(`has more than ${DEEPEST} levels`)
  const parsed = parsedOr(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalid('is not a JSON object')
  // PHP refuses half a character, and so does the database
  if (!isWellFormed(parsed)) throw invalid('has a text that is not Unicode')
  return parsed as Manifest

  function invalid(fault: string) {
    return new ManifestIsInvalid(name, tag, fault)
  }
}

/** Undefined when it is not UTF-8. A byte order mark stays, because Composer refuses it. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** How deep objects and lists are nested, found without recursion. */
function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  // a text with its escapes, or one bracket
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth)
    else if (token === '}' || token === ']') depth--
  }
  return deepest
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member))
}
