import { breaking, type Fault, refused } from './fault.ts'
import type { Manifest } from './manifest.ts'
import { isPhpArray } from './values.ts'

/** PHP reads 512 levels, and our metadata adds some. */
const DEEPEST = 100
// characters that a terminal could interpret as a command
const CONTROL = /[\p{Cc}\u2028\u2029]/u

/** What is wrong anywhere in the file. Line ends and tabs may be in values, because descriptions have them. */
export function wholeFaults(manifest: Manifest): Fault[] {
  return faultsWithin([], manifest)
}

function faultsWithin(path: string[], value: unknown): Fault[] {
  if (typeof value === 'string') return faultsOfText(path, value, value.replaceAll(/[\r\n\t]/g, ''))
  if (!isPhpArray(value)) return []
  if (path.length >= DEEPEST) return [breaking(path, value, `at most ${DEEPEST} levels deep`)]
  return Object.entries(value).flatMap(([key, member]) => [
    ...faultsOfText([...path, key], key, key),
    ...faultsWithin([...path, key], member),
  ])
}

function faultsOfText(path: string[], text: string, oneLine: string): Fault[] {
  // PHP refuses the JSON as a whole
  if (!text.isWellFormed()) return [breaking(path, text, 'valid Unicode')]
  return CONTROL.test(oneLine) ? [refused(path, text, 'free of control characters')] : []
}
