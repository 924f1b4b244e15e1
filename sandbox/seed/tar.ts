import { buffer } from 'node:stream/consumers'
import tar from 'tar-stream'

/** Packs the files of a version as `git archive` would. */
export function tarOf(files: Record<string, string>): Promise<Buffer> {
  const pack = tar.pack()
  for (const [name, text] of Object.entries(files)) pack.entry({ name, mode: 0o644 }, text)
  pack.finalize()
  return buffer(pack)
}
