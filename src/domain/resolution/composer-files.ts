import { isDeeperThan } from '#kernel/json-depth'
import { ComposerFileUnreadable } from './errors.ts'

/** A file as its text, or as the object that the text means. */
export type FileGiven = string | Readonly<Record<string, unknown>>

export interface FilesGiven {
  composer_json: FileGiven
  composer_lock?: FileGiven | undefined
  /** Instead of a lock: lines of a name and a version, or such a list. */
  installed?: string | readonly VersionGiven[] | undefined
}

/** Has a `name` and a `version`. */
export type VersionGiven = Readonly<Record<string, unknown>>

type Field = keyof FilesGiven

/** In characters. A lock of 5,000 packages has 5 million. */
const LONGEST: Record<Field, number> = {
  composer_json: 1_000_000,
  composer_lock: 6_000_000,
  installed: 1_000_000,
}
/** Composer's own files have a depth of about 8. */
const DEEPEST = 32
export const MOST_PACKAGES = 10_000

/** A file as JSON. Of a key that is there twice the last one counts, as in Composer. Refuses `composer_file_unreadable`. */
export function objectIn(file: FileGiven, field: Field): Readonly<Record<string, unknown>> {
  const value = typeof file === 'string' ? parsed(file, field) : file
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ComposerFileUnreadable(field, 'no_object')
  if (isDeeperThan(DEEPEST, value)) throw new ComposerFileUnreadable(field, 'too_deep')
  return value as Readonly<Record<string, unknown>>
}

function parsed(text: string, field: Field): unknown {
  if (text.length > LONGEST[field]) throw new ComposerFileUnreadable(field, 'too_long')
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new ComposerFileUnreadable(field, 'not_json')
  }
}

/** What `composer show --locked` prints: a name, its version, and more that does not count. */
const LINE = /^\s*([^\s:=@]+)[\s:=@]+(\S+)/
const LONGEST_LINE = 1_000

export function versionsIn(
  given: string | readonly VersionGiven[],
): ReadonlyArray<{ name: string; version: string }> {
  if (typeof given !== 'string') return given.map((each, at) => versionGiven(each, { at, of: 'entry' }))
  if (given.length > LONGEST.installed) throw new ComposerFileUnreadable('installed', 'too_long')
  return given.split('\n').flatMap((line, at) => {
    if (!line.trim()) return []
    const [, name, version] = LINE.exec(line.slice(0, LONGEST_LINE)) ?? []
    return [versionGiven({ name, version }, { at, of: 'line' })]
  })
}

function versionGiven({ name, version }: VersionGiven, { at, of }: { at: number; of: string }) {
  if (typeof name !== 'string' || !name.includes('/') || typeof version !== 'string')
    throw new ComposerFileUnreadable('installed', 'not_a_list', `${of} ${at + 1}`)
  return { name, version }
}
