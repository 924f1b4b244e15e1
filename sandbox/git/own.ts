import fs from 'node:fs'
import path from 'node:path'
import { GIT_HOST_KINDS, type GitHostKind } from '../../src/kernel/git-host.ts'
import type { Life } from '../life.ts'
import { keepPort, lastPort } from '../remembered.ts'
import { newVendorRepositories } from '../seed/packages/contoso.ts'
import { demoRepositories } from '../seed/repositories.ts'
import { type GitStandIn, startGitHost } from './index.ts'

const USUAL_PORTS: Record<GitHostKind, number> = { github: 12112, gitlab: 12113, gitea: 12114 }

/** The Git hosts of the sandbox: one of each kind. */
export interface OwnGitHosts {
  urls: Record<GitHostKind, string>
  /** For `GIT_HOSTS`. */
  setting: string
  github: SeededGitHub
}

/** The host of the demo packages. The keys of both maps are names of packages. */
interface SeededGitHub extends Pick<GitStandIn, 'install' | 'addHook'> {
  /** As in URLs. */
  host: string
  repositories: Map<string, number>
  folders: Map<string, string>
}

/**
 * Starts a host of each kind, with repositories of the demo market. The GitHub one has the repositories of the seeded
 * vendors. Every host has the repositories that the new vendor will publish. Returns undefined when GIT_HOSTS names real
 * hosts.
 */
export async function ownGitHosts(
  life: Pick<Life, 'onStop'>,
  { dir, publicUrl, simKey }: { dir: string; publicUrl: string; simKey?: string },
): Promise<OwnGitHosts | undefined> {
  if (process.env.GIT_HOSTS) return undefined
  const started = await Promise.all(
    GIT_HOST_KINDS.map(async (kind) => {
      const folder = path.join(dir, kind)
      fs.mkdirSync(folder, { recursive: true })
      const portFile = path.join(folder, 'port')
      const port = lastPort(portFile, USUAL_PORTS[kind])
      const callbackUrl = `${publicUrl}/callbacks/git-host`
      const host = await startGitHost({ kind, port, dir: folder, callbackUrl, ...(simKey && { simKey }) })
      life.onStop(host.stop, `sandbox ${kind}`)
      keepPort(portFile, host.url)
      // the shop may have another address than at the last start
      host.hooks.moveTo(publicUrl)
      for (const repository of newVendorRepositories()) await host.add(repository)
      return [kind, host] as const
    }),
  )
  const hosts = Object.fromEntries(started) as Record<GitHostKind, GitStandIn>
  const { github, gitlab, gitea } = hosts
  return {
    urls: { github: github.url, gitlab: gitlab.url, gitea: gitea.url },
    setting: JSON.stringify(started.map(([, { setting }]) => setting)),
    github: await withDemoRepositories(github),
  }
}

async function withDemoRepositories({ url, add, ...github }: GitStandIn): Promise<SeededGitHub> {
  const repositories = new Map<string, number>()
  const folders = new Map<string, string>()
  for (const { name, ...repository } of demoRepositories()) {
    const { id, folder } = await add(repository)
    repositories.set(name, id)
    folders.set(name, folder)
  }
  return { ...github, host: new URL(url).host, repositories, folders }
}
