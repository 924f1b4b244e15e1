import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import yazl from 'yazl'
import { deflateMemory, zipOf } from '#platform/zip'

const FILES = [
  { path: 'Größe/été.php', isExecutable: false, bytes: Buffer.from('<?php\n'.repeat(5000)) },
  { path: 'bin/run', isExecutable: true, bytes: Buffer.from('#!/bin/sh\n') },
  { path: 'empty', isExecutable: false, bytes: Buffer.alloc(0) },
  { path: 'random', isExecutable: false, bytes: createHash('sha512').update('x').digest() },
].map((file) => ({ ...file, hash: createHash('sha256').update(file.bytes).digest('hex') }))

/** The same zip by a library. */
async function judged(files: typeof FILES): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const { path, isExecutable, bytes } of files)
    zip.addBuffer(bytes, path, {
      mtime: new Date(1980, 0, 1),
      mode: isExecutable ? 0o100755 : 0o100644,
      forceDosTimestamp: true,
      compressionLevel: 6,
    })
  zip.end()
  return buffer(zip.outputStream)
}

test('a zip has the same bytes as the zip of a library', async () => {
  expect((await zipOf(FILES)).equals(await judged(FILES))).toBe(true)
  expect((await zipOf([])).equals(await judged([]))).toBe(true)
})

test('a zip is the same when its files were compressed before, and the memory stays within its bound', async () => {
  const [memory, tiny] = [deflateMemory(50_000), deflateMemory(1)]
  const first = await zipOf(FILES, memory)
  await zipOf(FILES, tiny)

  expect((await zipOf(FILES, memory)).equals(first)).toBe(true)
  expect(FILES.map(({ hash }) => memory.has(hash))).toEqual([true, true, true, true])
  expect(FILES.map(({ hash }) => tiny.has(hash))).toEqual([false, false, false, false])
})
