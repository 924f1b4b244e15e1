import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { damaged } from './refused.ts'

/** Replaces a file in one step: nobody reads half of it, and a full disk leaves the old content. */
export function write(file: string, text: string, mode = 0o644): void {
  const partial = `${file}.${process.pid}`
  try {
    fs.writeFileSync(partial, text, { mode })
    fs.renameSync(partial, file)
  } catch (e) {
    fs.rmSync(partial, { force: true })
    throw e
  }
}

/** Returns what an earlier run wrote, or undefined when the file is missing or is not a JSON object. */
export function read<T extends object>(file: string): Partial<T> | undefined {
  try {
    const found: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    return typeof found === 'object' && found !== null ? found : undefined
  } catch (e) {
    if (e instanceof SyntaxError || (e as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw e
  }
}

/** Returns the random key of this folder. It is made only once, so that sealed texts stay readable. */
export function ownSecret(file: string): string {
  if (!fs.existsSync(file)) write(file, randomBytes(32).toString('base64'), 0o600)
  const secret = fs.readFileSync(file, 'utf8').trim()
  if (Buffer.from(secret, 'base64').length !== 32) throw damaged(file)
  return secret
}

/** Returns the port that `keepPort` stored, or `usual`. */
export function lastPort(file: string, usual: number): number {
  return (fs.existsSync(file) ? portIn(fs.readFileSync(file, 'utf8')) : undefined) ?? usual
}

/** Stores the port of a server's URL for the next start. */
export function keepPort(file: string, url: string): void {
  write(file, new URL(url).port)
}

/** Returns a value from a file as a port, or undefined when it is not one. */
export function portIn(value: unknown): number | undefined {
  const port = Number(value)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}
