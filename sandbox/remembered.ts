import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { freePort } from './engines/process.ts'
import { damaged } from './refused.ts'

/** In one step, so that nobody reads half of it, and a full disk leaves what was there. */
export function write(file: string, text: string, mode = 0o644): void {
  const half = `${file}.${process.pid}`
  try {
    fs.writeFileSync(half, text, { mode })
    fs.renameSync(half, file)
  } catch (e) {
    fs.rmSync(half, { force: true })
    throw e
  }
}

/** What an earlier run wrote; nothing when it is not there, or no JSON object any more. */
export function read<T extends object>(file: string): Partial<T> | undefined {
  try {
    const found: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    return typeof found === 'object' && found !== null ? found : undefined
  } catch (e) {
    if (e instanceof SyntaxError || (e as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw e
  }
}

/** A random key of this folder, made once: what was sealed stays readable. */
export function ownSecret(file: string): string {
  if (!fs.existsSync(file)) write(file, randomBytes(32).toString('base64'), 0o600)
  const secret = fs.readFileSync(file, 'utf8').trim()
  if (Buffer.from(secret, 'base64').length !== 32) throw damaged(file)
  return secret
}

/** The usual port if it is free, else a free one; kept for the next start. */
export async function rememberedPort(file: string, usual: number): Promise<number> {
  const kept = fs.existsSync(file) ? portIn(fs.readFileSync(file, 'utf8')) : undefined
  const free = await freePort(kept ?? usual)
  write(file, String(free))
  return free
}

/** A port that a file told, if it is one. */
export function portIn(told: unknown): number | undefined {
  const port = Number(told)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}
