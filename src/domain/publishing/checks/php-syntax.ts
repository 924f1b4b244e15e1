import type { Manifest } from '../manifest/subject.ts'
import { type Check, checkOf, type Inspected, listOf } from './check.ts'

const PHP = /\.(php|phtml)$/i

/** The files that PHP should be able to parse. */
export const phpFiles = ({ files }: Pick<Inspected, 'files'>) => files.filter(({ path }) => PHP.test(path))

/** What PHP said of these files. `php` is undefined when it is not installed here. */
export function phpSyntaxCheck(
  manifest: Manifest,
  php: { version: string; faults: readonly { path: string; line?: number | undefined }[] } | undefined,
): Check {
  const name = 'php_syntax'
  if (!php) return { name, status: 'skipped', message: 'PHP is not installed where versions are checked.' }
  if (requiresNewer(manifest, php.version))
    return {
      name,
      status: 'skipped',
      message: `It requires a newer PHP than the ${php.version} that checks here.`,
    }
  const places = php.faults.map(({ path, line }) => (line ? `${path}:${line}` : path))
  const message = `PHP ${php.version} cannot parse: ${listOf(places)}.`
  return checkOf(
    name,
    places.length ? [{ status: 'fail', message }] : [],
    `PHP ${php.version} can parse every file.`,
  )
}

/** By the lowest version that the range of `php` names. */
function requiresNewer({ require }: Manifest, version: string): boolean {
  const range = (require as Record<string, string> | undefined)?.['php'] ?? ''
  const named = [...range.matchAll(/(?<![\d.])(\d+)\.(\d+)/g)].map(([, major, minor]) => [
    Number(major),
    Number(minor),
  ])
  const [lowest] = named.sort(byVersion)
  return lowest !== undefined && byVersion(lowest, version.split('.').map(Number)) > 0
}

const byVersion = ([a = 0, b = 0]: number[], [c = 0, d = 0]: number[]) => a - c || b - d
