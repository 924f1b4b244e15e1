import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { ConfigRefused } from './config.ts'

/** Stores zips by the SHA-256 of their bytes, in 64 hexadecimal digits. A stored zip never changes. */
export interface Storage {
  /** Whether the folder is there and can be read. */
  reachable: () => Promise<boolean>
  put: (bytes: Buffer, sha256: string) => Promise<void>
  open: (sha256: string) => Promise<{ stream: Readable; bytes: number } | undefined>
}

/**
 * Throws `ConfigRefused` when the folder is not there, or this process may not use it as it has to. Without this, each
 * buyer would find it out at a download.
 */
export async function refuseStorage(dir: string, need: 'read' | 'write'): Promise<void> {
  const mode =
    need === 'read' ? constants.R_OK | constants.X_OK : constants.R_OK | constants.W_OK | constants.X_OK
  const found = await fs.stat(dir).catch(() => undefined)
  if (!found?.isDirectory())
    throw new ConfigRefused(`STORAGE_DIR ${dir} is not a folder: create it, or mount it into this process.`)
  await fs.access(dir, mode).catch((cause: unknown) => {
    throw new ConfigRefused(
      `STORAGE_DIR ${dir} cannot be ${need === 'read' ? 'read' : 'written'} by this user: change its owner.`,
      { cause },
    )
  })
}

/** Stores on disk as `sha256/ab/<hash>.zip`. A file is complete or absent, even after the machine crashed. */
export function openDiskStorage(dir: string): Storage {
  const fileOf = (sha256: string) => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError('not a SHA-256 in hexadecimal')
    return path.join(dir, 'sha256', sha256.slice(0, 2), `${sha256}.zip`)
  }
  return {
    reachable: () => exists(dir),

    async put(bytes, sha256) {
      const file = fileOf(sha256)
      if (await exists(file)) return
      await fs.mkdir(path.dirname(file), { recursive: true })
      const partial = `${file}.${randomUUID()}`
      try {
        await writeThrough(partial, bytes)
        await fs.rename(partial, file)
      } catch (e) {
        await fs.rm(partial, { force: true })
        throw e
      }
      await syncFolder(path.dirname(file))
    },

    async open(sha256) {
      try {
        const handle = await fs.open(fileOf(sha256))
        const { size } = await handle.stat()
        return { stream: handle.createReadStream(), bytes: size }
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw e
      }
    },
  }
}

const exists = (file: string) =>
  fs.access(file).then(
    () => true,
    () => false,
  )

async function writeThrough(file: string, bytes: Buffer): Promise<void> {
  const handle = await fs.open(file, 'wx', 0o644)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A rename survives a crash only after its folder was synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
