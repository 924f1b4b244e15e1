// https://getcomposer.org/doc/04-schema.md#autoload
import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { pathFaults } from './paths.ts'
import { isGiven, isPhpArray } from './values.ts'

const TYPES = ['psr-0', 'psr-4', 'classmap', 'files', 'exclude-from-classmap']

export function autoloadFaults({ autoload }: Manifest): Fault[] {
  if (!isGiven(autoload)) return []
  if (!isPhpArray(autoload)) return [breaking(['autoload'], autoload, 'an object')]
  return Object.entries(autoload).flatMap(([type, paths]) => typeFaults(type, paths))
}

function typeFaults(type: string, paths: unknown): Fault[] {
  const path = ['autoload', type]
  if (!TYPES.includes(type)) return [refused(path, paths, `below one of ${TYPES.join(', ')}`)]
  // Composer ignores other values on an update, except in psr-4
  const fault = type === 'psr-4' ? breaking : refused
  if (!isPhpArray(paths)) return [fault(path, paths, 'a list or an object of paths')]
  return Object.entries(paths).flatMap(([key, value]) => [
    ...(type === 'psr-4' && key !== '' && !key.endsWith('\\')
      ? [breaking([...path, key], value, String.raw`below a namespace that ends with \\`)]
      : []),
    ...valueFaults([...path, key], value),
  ])
}

/** A path, or a list of paths. Composer fails on others when it writes the autoloader. */
function valueFaults(path: string[], value: unknown): Fault[] {
  if (!isPhpArray(value)) return pathFaults(path, value)
  return Object.entries(value).flatMap(([key, each]) => pathFaults([...path, key], each))
}
