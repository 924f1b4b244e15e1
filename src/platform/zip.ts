import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { type BoundedMap, boundedMap } from './bounded-map.ts'

// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. At most 65,535 files and 4 GiB: there is no Zip64 here.
const LOCAL_HEADER = 0x04034b50
const CENTRAL_HEADER = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50
const VERSION_NEEDED = 20
/** Made on Unix, by version 6.3 of the format: the modes below are those of Unix. */
const VERSION_MADE_BY = (3 << 8) | 63
const NAME_IS_UTF8 = 1 << 11
const DEFLATED = 8
/** The earliest DOS date, 1980-01-01; its time is 0. */
const DATE = (1 << 5) | 1
const LEVEL = 6

const deflate = promisify(zlib.deflateRaw)

export interface ZippedFile {
  path: string
  isExecutable: boolean
  bytes: Buffer
  /** Of the bytes. Files with the same hash are compressed once. */
  hash: string
}

/** Files and their compressed bytes, by the hash of the file. Versions of a package have most files in common. */
export type DeflateMemory = BoundedMap<string, { bytes: Buffer; deflated: Buffer }>

/** Holds at most this many bytes. */
export const deflateMemory = (most: number): DeflateMemory =>
  boundedMap(most, ({ bytes, deflated }) => bytes.length + deflated.length)

/** A zip of the files in their order. It depends on their paths, modes and bytes, and on the version of zlib only. */
export async function zipOf(files: readonly ZippedFile[], memory?: DeflateMemory): Promise<Buffer> {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  const deflated = await Promise.all(files.map((file) => deflatedOf(file, memory)))
  files.forEach((file, i) => {
    const bytes = deflated[i] ?? Buffer.alloc(0)
    const name = Buffer.from(file.path)
    const about = aboutFile(file, { compressed: bytes.length, name: name.length })
    directory.push(centralHeader(about, file, offset), name)
    const header = localHeader(about)
    parts.push(header, name, bytes)
    offset += header.length + name.length + bytes.length
  })
  const length = directory.reduce((all, part) => all + part.length, 0)
  return Buffer.concat([...parts, ...directory, endOfDirectory(files.length, length, offset)])
}

async function deflatedOf({ hash, bytes }: ZippedFile, memory: DeflateMemory | undefined): Promise<Buffer> {
  const known = memory?.get(hash)
  if (known) return known.deflated
  const deflated = await deflate(bytes, { level: LEVEL })
  memory?.set(hash, { bytes, deflated })
  return deflated
}

/** The 26 bytes that both headers of a file have in common: from the version needed to the length of the extra field. */
function aboutFile({ bytes }: ZippedFile, lengths: { compressed: number; name: number }): Buffer {
  const about = Buffer.alloc(26)
  about.writeUInt16LE(VERSION_NEEDED, 0)
  about.writeUInt16LE(NAME_IS_UTF8, 2)
  about.writeUInt16LE(DEFLATED, 4)
  about.writeUInt16LE(DATE, 8)
  about.writeUInt32LE(zlib.crc32(bytes), 10)
  about.writeUInt32LE(lengths.compressed, 14)
  about.writeUInt32LE(bytes.length, 18)
  about.writeUInt16LE(lengths.name, 22)
  return about
}

function localHeader(about: Buffer): Buffer {
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(LOCAL_HEADER)
  return Buffer.concat([signature, about])
}

function centralHeader(about: Buffer, { isExecutable }: ZippedFile, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(CENTRAL_HEADER, 0)
  header.writeUInt16LE(VERSION_MADE_BY, 4)
  about.copy(header, 6)
  header.writeUInt32LE(((isExecutable ? 0o100755 : 0o100644) << 16) >>> 0, 38)
  header.writeUInt32LE(offset, 42)
  return header
}

function endOfDirectory(files: number, length: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END_OF_DIRECTORY, 0)
  end.writeUInt16LE(files, 8)
  end.writeUInt16LE(files, 10)
  end.writeUInt32LE(length, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
