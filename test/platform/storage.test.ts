import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDiskStorage, refuseStorage, type Storage } from '../../src/platform/storage.ts'

let dir: string
let storage: Storage
beforeEach(async () => {
  dir = await fs.mkdtemp(path.join(os.tmpdir(), 'storage-'))
  storage = openDiskStorage(path.join(dir, 'zips'))
})
afterEach(() => fs.rm(dir, { recursive: true, force: true }))

function aZip(length = 1_000) {
  const bytes = randomBytes(length)
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function stored(sha256: string): Promise<Buffer | undefined> {
  const found = await storage.open(sha256)
  return found && buffer(found.stream)
}

/** The paths of all files in the folder of the storage. */
async function filesIn(folder = path.join(dir, 'zips')): Promise<string[]> {
  const all = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

describe('a stored zip', () => {
  test('a stored zip is read back unchanged, and its length is known before the read', async () => {
    const { bytes, sha256 } = aZip()

    await storage.put(bytes, sha256)

    const found = await storage.open(sha256)
    expect(found?.bytes).toBe(bytes.length)
    expect(found && (await buffer(found.stream)).equals(bytes)).toBe(true)
    expect(await filesIn()).toEqual([`sha256/${sha256.slice(0, 2)}/${sha256}.zip`])
  })

  test('a stored zip may be empty', async () => {
    const { bytes, sha256 } = aZip(0)

    await storage.put(bytes, sha256)

    expect(await stored(sha256)).toEqual(bytes)
  })

  test('a zip is written once when many callers store it at the same moment or again', async () => {
    const { bytes, sha256 } = aZip()

    await Promise.all(Array.from({ length: 8 }, () => storage.put(bytes, sha256)))
    const [file = ''] = await filesIn()
    const before = await fs.stat(path.join(dir, 'zips', file))
    await storage.put(Buffer.from('something else'), sha256)

    expect(await filesIn()).toEqual([file])
    expect((await stored(sha256))?.equals(bytes)).toBe(true)
    expect((await fs.stat(path.join(dir, 'zips', file))).ino).toBe(before.ino)
  })

  test('a stored zip is found by another process that opens the same folder', async () => {
    const { bytes, sha256 } = aZip()

    await storage.put(bytes, sha256)

    storage = openDiskStorage(path.join(dir, 'zips'))
    expect((await stored(sha256))?.equals(bytes)).toBe(true)
  })
})

describe('a zip that is being written', () => {
  test('a zip is not found until all of it is written', async () => {
    const { bytes, sha256 } = aZip(24 * 2 ** 20)

    const putting = storage.put(bytes, sha256)
    let found = await storage.open(sha256)
    while (!found) found = await storage.open(sha256)

    found.stream.destroy()
    expect(found.bytes).toBe(bytes.length)
    await putting
  })

  test('a zip leaves no file behind when the disk is full', async () => {
    const { bytes, sha256 } = aZip()
    const full = putOnAFullDisk(bytes.length * 1_000, sha256)

    expect(full).toEqual({ failed: 'EFBIG' })
    expect(await storage.open(sha256)).toBeUndefined()
    expect(await filesIn()).toEqual([])

    await storage.put(bytes, sha256)
    expect((await stored(sha256))?.equals(bytes)).toBe(true)
  })

  /** Runs in a process whose files cannot grow over 64 KiB, which acts like a full disk. */
  function putOnAFullDisk(length: number, sha256: string): unknown {
    const script = `
      const { openDiskStorage, refuseStorage } = await import('${new URL('../../src/platform/storage.ts', import.meta.url).href}')
      const storage = openDiskStorage(${JSON.stringify(path.join(dir, 'zips'))})
      const failed = await storage.put(Buffer.alloc(${length}), '${sha256}').then(() => 'nothing', ({ code }) => code)
      console.log(JSON.stringify({ failed }))`
    const command = 'ulimit -f 128; exec "$0" --input-type=module -e "$1"'
    const { stdout } = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' })
    return JSON.parse(stdout)
  }
})

describe('a zip that was never stored', () => {
  test('a zip that was never stored is not found', async () => {
    expect(await storage.open(aZip().sha256)).toBeUndefined()
  })

  test('a storage that cannot be read throws an error instead of reporting a missing zip', async () => {
    const { sha256 } = aZip()
    await fs.writeFile(path.join(dir, 'zips'), 'a file where the folder should be')

    await expect(storage.open(sha256)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(storage.put(Buffer.from('x'), sha256)).rejects.toThrow(/ENOTDIR|EEXIST/)
  })
})

describe('a name that is not a SHA-256', () => {
  const { sha256 } = aZip()

  test.for([
    '',
    '../../../etc/passwd',
    `/${sha256.slice(1)}`,
    `../${sha256.slice(3)}`,
    sha256.slice(1),
    `${sha256}0`,
    `${sha256}\n`,
    `${sha256}\0`,
    sha256.replace(/^./, 'A'),
    sha256.replace(/^./, 'g'),
  ])('a zip is neither written nor read under a name that is not a SHA-256: %j', async (name) => {
    await expect(storage.put(Buffer.from('x'), name)).rejects.toThrow('not a SHA-256')
    await expect(storage.open(name)).rejects.toThrow('not a SHA-256')

    expect(await filesIn(dir)).toEqual([])
  })
})

test('a folder of zips that is missing, or is a file, is refused at the start', async () => {
  const file = path.join(dir, 'a-file')
  await fs.writeFile(file, '')

  await refuseStorage(dir, 'write')
  for (const wrong of [path.join(dir, 'nowhere'), file])
    await expect(refuseStorage(wrong, 'read')).rejects.toThrow(
      `STORAGE_DIR ${wrong} is not a folder: create it`,
    )
})
