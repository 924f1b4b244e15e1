import { createHash, hash } from 'node:crypto'
import { Readable } from 'node:stream'
import tar, { type ExtractEvents } from 'tar-stream'
import { CodedError } from '#kernel/errors'
import { pathChecker } from './archive-paths.ts'
import { type DeflateMemory, zipOf } from './zip.ts'

/** Version of our zip format, part of `builder`. Raise it when a change below changes the bytes. */
const FORMAT = 'zip-1'

export interface Limits {
  files: number
  /** In bytes: one file, all files together, one path, the zip. */
  file: number
  all: number
  path: number
  zip: number
}
const MIB = 2 ** 20
export const LIMITS: Limits = { files: 20_000, file: 20 * MIB, all: 256 * MIB, path: 1_000, zip: 100 * MIB }
/** A longer README or CHANGELOG is not stored. */
const LONGEST_TEXT = 512 * 1024

export type ArchiveCode =
  | 'archive_too_large'
  | 'broken_archive'
  | 'file_too_large'
  | 'too_many_files'
  | 'unsafe_path'

export class ArchiveRefused extends CodedError<ArchiveCode> {
  constructor(code: ArchiveCode, message: string, { cause }: { cause?: unknown } = {}) {
    super('refused', code, message)
    this.cause = cause
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
  /** Text files at the root of the archive, as the vendor wrote them. */
  texts: { manifest?: string; readme?: string; changelog?: string }
  /** The files in the zip, sorted by the bytes of their paths. */
  files: readonly ArchivedFile[]
  /** Paths of the links that were left out. */
  links: readonly string[]
}

export interface ArchivedFile {
  path: string
  isExecutable: boolean
  bytes: Buffer
}

/**
 * Turns a tar of a repository's files into the zip that Composer gets. The zip is sorted and has no times, owners or
 * links. Its bytes are the same in every time zone and under every umask. Refuses with `unsafe_path`,
 * `too_many_files`, `file_too_large`, `archive_too_large` or `broken_archive`; its cause is what the archive threw.
 */
export async function packTar(
  archive: Buffer | AsyncIterable<Uint8Array>,
  limits: Limits = LIMITS,
  memory?: DeflateMemory,
): Promise<PackedArchive> {
  const { files, links } = await entriesIn(archive, limits)
  const hashed = files.map((file) => known({ ...file, hash: sha256(file.bytes) }, memory))
  const zip = await zipOf(hashed, memory)
  if (zip.length > limits.zip)
    throw new ArchiveRefused('archive_too_large', `The zip is larger than ${limits.zip / MIB} MiB.`)
  const short = files.filter(({ bytes }) => bytes.length <= LONGEST_TEXT)
  return {
    zip,
    sha1: hash('sha1', zip),
    sha256: sha256(zip),
    contentSha256: contentHashOf(hashed),
    bytes: zip.length,
    builder: `${FORMAT} zlib-${process.versions.zlib} ${process.arch}`,
    texts: {
      ...textOf(files, 'manifest', /^composer\.json$/),
      ...textOf(short, 'readme', /^readme(\.md|\.txt)?$/i),
      ...textOf(short, 'changelog', /^changelog(\.md|\.txt)?$/i),
    },
    files: hashed,
    links,
  }
}

/**
 * The file with the buffer of the equal file in an earlier archive, so that earlier findings about the buffer are used
 * again.
 */
const known = <File extends ArchivedFile & { hash: string }>(file: File, memory?: DeflateMemory): File => ({
  ...file,
  bytes: memory?.get(file.hash)?.bytes ?? file.bytes,
})

type Entry = ExtractEvents['entry'][1]

/** Returns the regular files, sorted by the bytes of their paths, and which links were left out. */
async function entriesIn(archive: Buffer | AsyncIterable<Uint8Array>, limits: Limits) {
  const files: ArchivedFile[] = []
  const links: string[] = []
  const faultOf = pathChecker(limits.path)
  let all = 0
  const source = Readable.from(assertComplete(Buffer.isBuffer(archive) ? [archive] : archive))
  const extract = source.pipe(tar.extract())
  source.once('error', (e) => extract.destroy(e))
  try {
    for await (const entry of extract) {
      const { name, type, mode } = entry.header
      if (type !== 'file' && type !== 'contiguous-file') {
        if (type === 'symlink' || type === 'link') links.push(name)
        entry.resume()
        continue
      }
      const fault = faultOf(name)
      if (fault) throw new ArchiveRefused('unsafe_path', `The archive has a path that ${fault}.`)
      if (files.length >= limits.files)
        throw new ArchiveRefused('too_many_files', `The archive has more than ${limits.files} files.`)
      const bytes = await readWithin(entry, Math.min(limits.file, limits.all - all))
      all += bytes.length
      files.push({ path: name, isExecutable: Boolean((mode ?? 0) & 0o100), bytes })
    }
  } catch (e) {
    if (e instanceof ArchiveRefused) throw e
    throw new ArchiveRefused('broken_archive', 'The archive could not be read to its end.', { cause: e })
  } finally {
    source.destroy()
  }
  return { files: sortedByBytes(files), links }
}

/** Sorting by UTF-16, as `sort` does, would order some characters otherwise. */
function sortedByBytes(files: readonly ArchivedFile[]): ArchivedFile[] {
  const keyed = files.map((file) => ({ file, key: Buffer.from(file.path) }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ file }) => file)
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

/** Counts the bytes while they stream, because the size in the header cannot be trusted. */
async function readWithin(entry: Entry, maxBytes: number): Promise<Buffer> {
  if ((entry.header.size ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let read = 0
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    read += chunk.length
    if (read > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = () =>
  new ArchiveRefused(
    'file_too_large',
    'The archive has a file that is too large, or the whole archive is too large.',
  )

function contentHashOf(files: readonly (ArchivedFile & { hash: string })[]): string {
  const all = createHash('sha256')
  for (const { path, isExecutable, hash: own } of files)
    all.update(`${isExecutable ? 755 : 644} ${own} ${path}\n`)
  return all.digest('hex')
}

const sha256 = (bytes: Buffer) => hash('sha256', bytes)

function textOf(files: readonly ArchivedFile[], name: keyof PackedArchive['texts'], path: RegExp) {
  const found = files.find((file) => path.test(file.path))
  return found && { [name]: found.bytes.toString('utf8') }
}
