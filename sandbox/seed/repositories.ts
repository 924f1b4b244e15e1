import fs from 'node:fs'
import path from 'node:path'
import type { GitReader, RemoteTag } from '#platform/git'
import type { SeededRepository } from '../git/index.ts'
import { git, gitBytes, makeRepository } from '../git/repositories.ts'
import { demoPackages } from './packages/index.ts'

/** Folders of bare repositories, by the name of the package. */
export type Repositories = ReadonlyMap<string, string>

/** The repositories of the demo packages. Both vendors belong to the same person, who may push to both. */
export const demoRepositories = (): (SeededRepository & { name: string })[] =>
  demoPackages().map(({ name, versions }) => ({
    name,
    path: name,
    members: { northwind: 'write' },
    versions: versions.map(({ tag, releasedAt: at, files }) => ({ tag, at, files })),
  }))

/** Makes the missing repositories of the demo packages in a folder, without a Git host. */
export async function repositoriesIn(dir: string): Promise<Repositories> {
  const made = demoRepositories().map(async ({ name, versions }) => {
    const folder = path.join(dir, `${name}.git`)
    if (!fs.existsSync(folder)) {
      const partial = `${folder}.${process.pid}`
      await makeRepository(partial, versions)
      fs.renameSync(partial, folder)
    }
    return [name, folder] as const
  })
  return new Map(await Promise.all(made))
}

/** A tag of a bare repository. Its version is released at the time of its commit. */
export interface LocalTag extends RemoteTag {
  tree: string
  committedAt: Date
}

/** The tags of a bare repository of this machine, the oldest first. */
export async function localTags(folder: string): Promise<LocalTag[]> {
  const format = '%(objectname) %(tree) %(creatordate:unix) %(refname:strip=2)'
  const args = ['for-each-ref', `--format=${format}`, '--sort=creatordate', 'refs/tags']
  const lines = (await git(['-C', folder, ...args])).split('\n').filter(Boolean)
  return lines.map((line) => {
    const [commit = '', tree = '', seconds, tag = ''] = line.split(' ')
    return { tag, commit, tree, committedAt: new Date(Number(seconds) * 1000) }
  })
}

/**
 * Reads a bare repository of this machine, with one process for each tag. For repositories of strangers,
 * `platform/git.ts` fetches and checks the tags first.
 */
export const readerOf = (folder: string, known: readonly LocalTag[]): GitReader => ({
  listTags: async () => [...known],
  async *fetchTags(_, tags) {
    for (const each of known.filter(({ tag }) => tags.some((wanted) => wanted.tag === tag)))
      yield { ...each, archive: () => once(archiveOf(folder, each.commit)) }
  },
  readFile: () => Promise.reject(new TypeError('only whole tags are read here')),
})

async function* once(bytes: Promise<Buffer>) {
  yield await bytes
}

/** The files of a commit as a tar. */
export const archiveOf = (folder: string, commit: string): Promise<Buffer> =>
  gitBytes(['-C', folder, 'archive', '--format=tar', commit])
