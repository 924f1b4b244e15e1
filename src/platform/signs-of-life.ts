import fs from 'node:fs'

const EVERY_MS = 10_000

/**
 * Touches a file now and then, so that a check from outside sees that this process lives and is not stuck. A worker
 * has no port that could be asked. Throws when the file cannot be written.
 */
export function signLife(file: string, everyMs = EVERY_MS): void {
  fs.writeFileSync(file, '')
  // when it fails later, the file grows old, and the check reports that
  setInterval(() => fs.writeFile(file, '', () => {}), everyMs).unref()
}
