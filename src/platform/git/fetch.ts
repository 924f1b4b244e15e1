import fs from 'node:fs/promises'
import path from 'node:path'
import type { GitCommand } from './command.ts'
import { connectionError } from './failures.ts'
import { ProgramFailed } from './program.ts'
import type { RemoteTag, TagFault } from './types.ts'

const SAFE_TAG = /^[0-9A-Za-z]([0-9A-Za-z+_-]|\.(?!\.))*$/
const INIT_PATIENCE_MS = 10_000
/** Keeps each file equal to its blob, whatever the `.gitattributes` of the repository say. `export-ignore` counts. */
const ATTRIBUTES = '* -export-subst -ident -text -eol -crlf -filter -working-tree-encoding\n'

interface Fetch {
  local: GitCommand
  network: GitCommand
  url: string
  folder: string
  signal: AbortSignal
  timeoutMs: number
  /** Larger files are not fetched. In the notation of Git, such as `20m`. */
  largestFile: string
}

/**
 * Fetches the commits of the tags, without their history, into a new repository in the folder. Returns the tags
 * that it did not get, and why: the objects are not sound, or the host no longer has the tag.
 */
export async function fetchInto(fetch: Fetch, tags: readonly RemoteTag[]): Promise<Map<RemoteTag, TagFault>> {
  const unsafe = tags.find(({ tag }) => !SAFE_TAG.test(tag))
  if (unsafe) throw new TypeError(`not the tag of a version: ${JSON.stringify(unsafe.tag)}`)
  await initialize(fetch, tags)
  const faults = new Map<RemoteTag, TagFault>()
  const fault = await faultOf(fetch, tags)
  if (!fault) return faults
  // one bad tag makes the whole fetch fail, so each tag is then fetched alone
  for (const tag of tags) {
    const own = tags.length === 1 ? fault : await faultOf(fetch, [tag])
    if (own) faults.set(tag, own)
  }
  return faults
}

async function initialize({ local, folder, signal }: Fetch, tags: readonly RemoteTag[]): Promise<void> {
  const format = tags.some(({ commit }) => commit.length === 64) ? 'sha256' : 'sha1'
  const args = ['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, folder]
  await local.output(args, { timeoutMs: INIT_PATIENCE_MS, maxBytes: 0, signal })
  await fs.mkdir(path.join(folder, 'info'), { recursive: true })
  await fs.writeFile(path.join(folder, 'info/attributes'), ATTRIBUTES)
}

async function faultOf(
  { network, url, signal, timeoutMs, largestFile }: Fetch,
  tags: readonly RemoteTag[],
): Promise<TagFault | undefined> {
  const refs = tags.map(({ tag }) => `+refs/tags/${tag}:refs/tags/${tag}`)
  const filter = `--filter=blob:limit=${largestFile}`
  const args = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', filter, '--', url]
  try {
    await network.output([...args, ...refs], { timeoutMs, maxBytes: 0, signal })
    return undefined
  } catch (e) {
    const error = connectionError(e)
    if (error) throw error
    return isGone(e) ? 'tag_moved' : 'hostile_pack'
  }
}

const isGone = (e: unknown) =>
  e instanceof ProgramFailed && /couldn't find remote ref|no such remote ref/.test(e.errorText)
