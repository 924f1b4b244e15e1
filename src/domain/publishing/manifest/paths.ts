import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { isGiven, isPhpArray, isText } from './values.ts'

// what Composer 2.11 refuses, because it writes programs with these paths in them
const UNSAFE_IN_PROGRAM = /[*$`"&^|<>()%!;\p{Cc}]/u

/** `bin` and `include-path`: https://getcomposer.org/doc/04-schema.md#bin */
export function pathListFaults({ bin, 'include-path': include }: Manifest): Fault[] {
  return [
    ...listFaults('bin', isText(bin) ? [bin] : bin, binFaults),
    ...listFaults('include-path', include, pathFaults),
  ]
}

function listFaults(field: string, paths: unknown, faultsOf: typeof pathFaults): Fault[] {
  if (!isGiven(paths)) return []
  if (!isPhpArray(paths)) return [breaking([field], paths, 'a list of paths')]
  return Object.entries(paths).flatMap(([key, value]) => faultsOf([field, key], value))
}

function binFaults(path: readonly string[], value: unknown): Fault[] {
  if (!isText(value)) return pathFaults(path, value)
  // Composer 2.11 stops an update that would install it
  if (isOutside(value)) return [breaking(path, value, INSIDE)]
  return UNSAFE_IN_PROGRAM.test(value)
    ? [refused(path, value, 'a path without special characters of a shell')]
    : pathFaults(path, value)
}

/** A path that leads out of the package would reach the files of the shop. */
export function pathFaults(path: readonly string[], value: unknown): Fault[] {
  if (!isText(value)) return [breaking(path, value, 'a path in quotes')]
  return isOutside(value) || value.includes('\\') ? [refused(path, value, INSIDE)] : []
}

const INSIDE = 'a path within the package, without .. and backslashes'
const isOutside = (path: string) => path.split(/[\\/]/).includes('..')
