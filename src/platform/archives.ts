import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import tar, { type ExtractEvents } from 'tar-stream'
import yazl from 'yazl'
import { CodedError } from '#kernel/errors'

/** Version of our zip format, part of `builder`. Raise it when a change below changes the bytes. */
const FORMAT = 'zip-1'
/** The earliest DOS time. DOS time is local, so this date is built from local parts. */
const MTIME = new Date(1980, 0, 1)

export interface Limits {
  files: number
  /** In bytes: one file, all files together, one path. */
  file: number
  all: number
  path: number
}
export const LIMITS: Limits = { files: 20_000, file: 20 * 2 ** 20, all: 256 * 2 ** 20, path: 1_000 }

export type ArchiveCode = 'unsafe_path' | 'too_many_files' | 'file_too_large' | 'broken_archive'

export class ArchiveRefused extends CodedError<ArchiveCode> {
  constructor(code: ArchiveCode, message: string) {
    super('refused', code, message)
  }
}

/** The archive of one version as we store and serve it. Hashes are hexadecimal. */
export interface PackedArchive {
  zip: Buffer
  /** Composer checks this one. */
  sha1: string
  sha256: string
  /** Hash of the sorted modes, paths and file hashes. It does not depend on zlib. */
  contentSha256: string
  /** Size of the zip. */
  bytes: number
  /** Names what built the zip. The same builder makes the same zip from the same files. */
  builder: string
  /** Text files at the root of the archive. */
  texts: { manifest?: string; readme?: string; changelog?: string }
}

interface File {
  path: string
  isExecutable: boolean
  bytes: Buffer
}

/**
 * Turns a tar of a repository's files into the zip that Composer gets. The zip is sorted and has no times, owners or
 * links. Its bytes are the same in every time zone and under every umask. Refuses with `unsafe_path`,
 * `too_many_files`, `file_too_large` or `broken_archive`.
 */
export async function packTar(
  archive: Buffer | AsyncIterable<Uint8Array>,
  limits: Limits = LIMITS,
): Promise<PackedArchive> {
  const files = await filesIn(archive, limits)
  const zip = await zipOf(files)
  return {
    zip,
    sha1: createHash('sha1').update(zip).digest('hex'),
    sha256: createHash('sha256').update(zip).digest('hex'),
    contentSha256: contentHashOf(files),
    bytes: zip.length,
    builder: `${FORMAT} zlib-${process.versions.zlib} ${process.arch}`,
    texts: {
      ...textOf(files, 'manifest', /^composer\.json$/),
      ...textOf(files, 'readme', /^readme(\.md|\.txt)?$/i),
      ...textOf(files, 'changelog', /^changelog(\.md|\.txt)?$/i),
    },
  }
}

type Entry = ExtractEvents['entry'][1]

/** Returns the regular files, sorted by the bytes of their paths. Leaves out links and submodules. */
async function filesIn(archive: Buffer | AsyncIterable<Uint8Array>, limits: Limits): Promise<File[]> {
  const files: File[] = []
  const seen = new Set<string>()
  let all = 0
  const source = Readable.from(assertComplete(Buffer.isBuffer(archive) ? [archive] : archive))
  const extract = source.pipe(tar.extract())
  source.once('error', (e) => extract.destroy(e))
  try {
    for await (const entry of extract) {
      const { name, type, mode } = entry.header
      if (type !== 'file' && type !== 'contiguous-file') {
        entry.resume()
        continue
      }
      checkPath(name, seen, limits)
      if (files.length >= limits.files)
        throw new ArchiveRefused('too_many_files', `The archive has more than ${limits.files} files.`)
      const bytes = await readWithin(entry, Math.min(limits.file, limits.all - all))
      all += bytes.length
      files.push({ path: name, isExecutable: Boolean((mode ?? 0) & 0o100), bytes })
    }
  } catch (e) {
    if (e instanceof ArchiveRefused) throw e
    throw new ArchiveRefused('broken_archive', 'The archive could not be read to its end.')
  } finally {
    source.destroy()
  }
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}

/** A tar ends with 1024 zeros. Without this check, a tar cut between two files looks complete. */
async function* assertComplete(archive: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  let tail = Buffer.alloc(0)
  for await (const chunk of archive) {
    tail = Buffer.concat([tail, chunk.subarray(-1024)]).subarray(-1024)
    yield chunk
  }
  if (tail.length < 1024 || tail.some(Boolean)) throw new Error('the archive is cut off')
}

function checkPath(path: string, seen: Set<string>, limits: Limits): void {
  const parts = path.split('/')
  const isUnsafe =
    Buffer.byteLength(path) > limits.path ||
    /[\\\p{Cc}]/u.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
  const folded = path.normalize('NFC').toLowerCase()
  if (isUnsafe || seen.has(folded))
    throw new ArchiveRefused(
      'unsafe_path',
      'The archive has a path that cannot be unpacked safely everywhere.',
    )
  seen.add(folded)
}

/** Counts the bytes while they stream, because the size in the header cannot be trusted. */
async function readWithin(entry: Entry, maxBytes: number): Promise<Buffer> {
  const tooLarge = new ArchiveRefused(
    'file_too_large',
    'The archive has a file that is too large, or the whole archive is too large.',
  )
  if ((entry.header.size ?? 0) > maxBytes) throw tooLarge
  const chunks: Buffer[] = []
  let read = 0
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    read += chunk.length
    if (read > maxBytes) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function zipOf(files: readonly File[]): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const { path, isExecutable, bytes } of files)
    zip.addBuffer(bytes, path, {
      mtime: MTIME,
      mode: isExecutable ? 0o100755 : 0o100644,
      forceDosTimestamp: true,
      compressionLevel: 6,
    })
  zip.end()
  return buffer(zip.outputStream)
}

function contentHashOf(files: readonly File[]): string {
  const all = createHash('sha256')
  for (const { path, isExecutable, bytes } of files)
    all.update(`${isExecutable ? 755 : 644} ${createHash('sha256').update(bytes).digest('hex')} ${path}\n`)
  return all.digest('hex')
}

function textOf(files: readonly File[], name: keyof PackedArchive['texts'], path: RegExp) {
  const found = files.find((file) => path.test(file.path))
  return found && { [name]: found.bytes.toString('utf8') }
}
