import fs from 'node:fs'
import path from 'node:path'
import { GIT_HOST_KINDS, type GitHostKind } from '../../src/kernel/git-host.ts'
import type { Life } from '../life.ts'
import { keepPort, lastPort } from '../remembered.ts'
import { demoPackages } from '../seed/packages/index.ts'
import { newVendorRepositories } from '../seed/packages/contoso.ts'
import { type SeededRepository, startGitHost } from './index.ts'

const USUAL_PORTS: Record<GitHostKind, number> = { github: 12112, gitlab: 12113, gitea: 12114 }

/** The Git hosts of the sandbox: one of each kind. */
interface OwnGitHosts {
  urls: Record<GitHostKind, string>
  /** For `GIT_HOSTS`. */
  setting: string
}

/**
 * Starts a host of each kind, with repositories of the demo market. The GitHub one has those of the seeded vendors. Each
 * has those that the new vendor will publish. Returns undefined when GIT_HOSTS names real hosts.
 */
export async function ownGitHosts(
  life: Pick<Life, 'onStop'>,
  { dir, publicUrl }: { dir: string; publicUrl: string },
): Promise<OwnGitHosts | undefined> {
  if (process.env.GIT_HOSTS) return undefined
  const hosts = await Promise.all(
    GIT_HOST_KINDS.map(async (kind) => {
      const folder = path.join(dir, kind)
      fs.mkdirSync(folder, { recursive: true })
      const portFile = path.join(folder, 'port')
      const port = lastPort(portFile, USUAL_PORTS[kind])
      const callbackUrl = `${publicUrl}/callbacks/git-host`
      const host = await startGitHost({ kind, port, dir: folder, callbackUrl })
      life.onStop(host.stop, `sandbox ${kind}`)
      keepPort(portFile, host.url)
      for (const repository of repositoriesAt(kind)) await host.add(repository)
      return [kind, host] as const
    }),
  )
  return {
    urls: Object.fromEntries(hosts.map(([kind, { url }]) => [kind, url])) as Record<GitHostKind, string>,
    setting: JSON.stringify(hosts.map(([, { setting }]) => setting)),
  }
}

const repositoriesAt = (kind: GitHostKind): SeededRepository[] => [
  ...newVendorRepositories(),
  ...(kind === 'github' ? ofTheSeed() : []),
]

/** Both vendors of the seed belong to the same person, who may push to both. */
const ofTheSeed = (): SeededRepository[] =>
  demoPackages().map(({ name, versions }) => ({
    path: name,
    members: { northwind: 'write' },
    versions: versions.map(({ tag, releasedAt: at, files }) => ({ tag, at, files })),
  }))
