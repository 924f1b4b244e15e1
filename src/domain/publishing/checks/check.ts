import type { CheckStatus } from '../../../platform/tables.ts'
import type { Manifest } from '../manifest/subject.ts'

export const CHECK_NAMES = [
  'manifest',
  'autoload',
  'module',
  'archive',
  'secrets',
  'security',
  'tag_integrity',
  'php_syntax',
] as const
export type CheckName = (typeof CHECK_NAMES)[number]

/** A check informs vendors and buyers. It never keeps a version from being published. */
export interface Check {
  name: CheckName
  /** `skipped`: it could not be checked, or has nothing to check. Never the same as `pass`. */
  status: CheckStatus
  /** One or more sentences of ours. They may quote paths of the package. */
  message: string
}

/** What the checks read of a version. */
export interface Inspected {
  manifest: Manifest
  /** The files in the zip, sorted by path. */
  files: readonly InspectedFile[]
  /** Paths of links that are not in the zip. */
  links: readonly string[]
  /** The size of the zip. */
  zipBytes: number
}

export interface InspectedFile {
  path: string
  bytes: Buffer
}

export interface Finding {
  status: 'warn' | 'fail'
  message: string
}

/** Makes one check from its findings, with the worst status and all sentences. */
export function checkOf(name: CheckName, found: readonly Finding[], passed: string): Check {
  if (!found.length) return { name, status: 'pass', message: passed }
  const status = found.some((each) => each.status === 'fail') ? 'fail' : 'warn'
  return { name, status, message: found.map(({ message }) => message).join(' ') }
}

const SHOWN = 5
const LONGEST_PATH = 80

/** `a.php, b.php and 3 more` */
export function listOf(paths: readonly string[]): string {
  const shown = paths
    .slice(0, SHOWN)
    .map((path) => (path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path))
  const more = paths.length - shown.length
  return `${shown.join(', ')}${more ? ` and ${more} more` : ''}`
}

const MOST_BYTES = 2 ** 20

/** The begin of a file, one character per byte. Enough to search it for ASCII. */
export const textOf = ({ bytes }: InspectedFile): string => bytes.toString('latin1', 0, MOST_BYTES)

/** What was found in a buffer. Archives of a package share the buffers of equal files. */
const matches = new WeakMap<Buffer, Map<RegExp, boolean>>()

/** Whether the beginning of a file matches. The pattern has no flag `g`. */
export function matchesFile(pattern: RegExp, file: InspectedFile): boolean {
  const known = matches.get(file.bytes) ?? new Map<RegExp, boolean>()
  const found = known.get(pattern) ?? pattern.test(textOf(file))
  matches.set(file.bytes, known.set(pattern, found))
  return found
}
