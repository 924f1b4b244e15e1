import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { isGiven, isPhpArray, isText } from './values.ts'

/** `bin` and `include-path`: https://getcomposer.org/doc/04-schema.md#bin */
export function pathListFaults({ bin, 'include-path': include }: Manifest): Fault[] {
  return [...listFaults('bin', isText(bin) ? [bin] : bin), ...listFaults('include-path', include)]
}

function listFaults(field: string, paths: unknown): Fault[] {
  if (!isGiven(paths)) return []
  if (!isPhpArray(paths)) return [breaking([field], paths, 'a list of paths')]
  return Object.entries(paths).flatMap(([key, value]) => pathFaults([field, key], value))
}

/** A path that leads out of the package would reach the files of the shop. */
export function pathFaults(path: readonly string[], value: unknown): Fault[] {
  if (!isText(value)) return [breaking(path, value, 'a path in quotes')]
  return value.includes('\\') || value.split('/').includes('..')
    ? [refused(path, value, String.raw`a path within the package, without .. and \\`)]
    : []
}
