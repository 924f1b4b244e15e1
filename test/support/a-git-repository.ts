import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { deflateSync } from 'node:zlib'

export type Hash = string

/** A file, or an entry of a tree with another mode. */
export type Content = string | Buffer | { mode: string; bytes?: string | Buffer; hash?: Hash }

/** One entry of a tree, written as it is: names and order may be wrong on purpose. */
export interface TreeEntry {
  mode: string
  name: string | Buffer
  hash: Hash
}

/** A bare repository whose objects are written without Git, so that they may be whatever a test needs. */
export interface GitRepository {
  folder: string
  blob: (bytes: string | Buffer) => Hash
  tree: (entries: readonly TreeEntry[]) => Hash
  /** Sorts as Git does. */
  files: (files: Record<string, Content>) => Hash
  /** `text`: the whole object, for a commit that is wrong on purpose. */
  commit: (tree: Hash, options?: { at?: string; text?: string }) => Hash
  object: (type: 'blob' | 'tree' | 'commit' | 'tag', bytes: Buffer) => Hash
  /** Names any object. `annotated` makes a tag object in between. */
  tag: (name: string, object: Hash, options?: { annotated?: 'commit' | 'blob' | 'tree' | 'tag' }) => Hash
  /** Commits the files and tags the commit. Returns the commit. */
  release: (name: string, files: Record<string, Content>) => Hash
  untag: (name: string) => void
}

const WHO = 'A <a@example.test>'

export function aGitRepository(folder: string): GitRepository {
  for (const name of ['objects/pack', 'refs/tags', 'refs/heads', 'info'])
    fs.mkdirSync(path.join(folder, name), { recursive: true })
  fs.writeFileSync(path.join(folder, 'HEAD'), 'ref: refs/heads/main\n')
  fs.writeFileSync(path.join(folder, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n')
  const tags = new Map<string, Hash>()

  function object(type: string, bytes: Buffer): Hash {
    const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])
    const hash = createHash('sha1').update(whole).digest('hex')
    const file = path.join(folder, 'objects', hash.slice(0, 2), hash.slice(2))
    if (fs.existsSync(file)) return hash
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, deflateSync(whole, { level: 1 }))
    return hash
  }
  const blob = (bytes: string | Buffer) => object('blob', Buffer.from(bytes as string))
  const tree = (entries: readonly TreeEntry[]) =>
    object(
      'tree',
      Buffer.concat(
        entries.flatMap(({ mode, name, hash }) => [
          Buffer.from(`${mode} `),
          Buffer.from(name as string),
          Buffer.from([0]),
          Buffer.from(hash, 'hex'),
        ]),
      ),
    )

  function entryOf(name: string, content: Content): TreeEntry {
    if (typeof content === 'string' || Buffer.isBuffer(content))
      return { mode: '100644', name, hash: blob(content) }
    return { mode: content.mode, name, hash: content.hash ?? blob(content.bytes ?? '') }
  }

  function files(all: Record<string, Content>): Hash {
    const folders = new Map<string, Record<string, Content>>()
    const entries: TreeEntry[] = []
    for (const [name, content] of Object.entries(all)) {
      const slash = name.indexOf('/')
      if (slash < 0) entries.push(entryOf(name, content))
      else {
        const inside = folders.get(name.slice(0, slash)) ?? {}
        inside[name.slice(slash + 1)] = content
        folders.set(name.slice(0, slash), inside)
      }
    }
    for (const [name, inside] of folders) entries.push({ mode: '40000', name, hash: files(inside) })
    const key = ({ mode, name }: TreeEntry) =>
      Buffer.concat([Buffer.from(name as string), Buffer.from(mode === '40000' ? '/' : '')])
    return tree(entries.sort((a, b) => Buffer.compare(key(a), key(b))))
  }

  const commit: GitRepository['commit'] = (hash, { at = '1700000000 +0000', text } = {}) =>
    object(
      'commit',
      Buffer.from(text ?? `tree ${hash}\nauthor ${WHO} ${at}\ncommitter ${WHO} ${at}\n\nchange\n`),
    )

  function writeRefs(): void {
    const lines = [...tags]
      .map(([name, hash]) => `${hash} refs/tags/${name}\n`)
      .sort((a, b) => (a.slice(41) < b.slice(41) ? -1 : 1))
    fs.writeFileSync(path.join(folder, 'packed-refs'), `# pack-refs with: sorted \n${lines.join('')}`)
  }
  function tag(name: string, hash: Hash, { annotated }: { annotated?: string } = {}): Hash {
    const text = `object ${hash}\ntype ${annotated}\ntag ${name}\ntagger ${WHO} 1700000000 +0000\n\nrelease\n`
    const named = annotated ? object('tag', Buffer.from(text)) : hash
    tags.set(name, named)
    writeRefs()
    return named
  }
  return {
    folder,
    blob,
    tree,
    files,
    commit,
    object,
    tag,
    release(name, all) {
      const hash = commit(files(all))
      tag(name, hash)
      return hash
    },
    untag(name) {
      tags.delete(name)
      writeRefs()
    },
  }
}
