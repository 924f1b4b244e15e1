import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { GitHost, GitHostKind } from '#kernel/git-host'
import { openGitHosts } from '#platform/git-hosts/index'
import { gitHostsSetting } from '#platform/git-hosts/settings'
import { type GitStandIn, type SeededVersion, startGitHost } from '../../sandbox/git/index.ts'
import { type BrowserPage, scriptedBrowser } from '../../sandbox/browser.ts'

export const PUBLIC_URL = 'https://market.example'

export interface TestGitHost extends GitStandIn {
  host: GitHost
  /** Sends a control of `/_sim`. */
  sim: <Answer extends object>(control: string, body?: object) => Promise<Answer>
  /** The calls that arrived, as in `GET /api/v3/user`. */
  requests: () => Promise<string[]>
  /** A person answers the host's consent page. Returns the URL to which the host sends them back. */
  answers: (authorizeUrl: string, as: string, answer?: 'allow' | 'deny') => Promise<URL>
}

export const A_VERSION: SeededVersion = {
  tag: 'v1.0.0',
  at: '2026-01-01T00:00:00Z',
  files: { 'composer.json': '{"name":"vera/module-one"}' },
}

/** A Git host with the user `vera`, who owns two private repositories and one public one, and the user `otto`. */
export async function aGitHost(
  kind: GitHostKind,
  { publicUrl = PUBLIC_URL, now }: { publicUrl?: string; now?: () => number } = {},
): Promise<TestGitHost> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), `git-host-`))
  const standIn = await startGitHost({
    kind,
    dir,
    callbackUrl: `${publicUrl}/callbacks/git-host`,
    ...(now && { now }),
  })
  for (const name of ['vera/module-one', 'vera/module-two'])
    await standIn.add({ path: name, isPrivate: true, versions: [A_VERSION] })
  await standIn.add({ path: 'vera/open', isPrivate: false, versions: [A_VERSION] })
  await standIn.add({ path: 'otto/his-own', isPrivate: true, versions: [A_VERSION] })
  const [host] = openGitHosts(gitHostsSetting.parse(JSON.stringify([standIn.setting])))
  if (!host) throw new Error('no host')

  async function sim<Answer extends object>(control: string, body?: object): Promise<Answer> {
    const [method = 'GET', name = ''] = control.split(' ')
    const answer = await fetch(`${standIn.url}/_sim/${name}`, {
      method,
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    })
    if (!answer.ok) throw new Error(`${control}: ${await answer.text()}`)
    return (await answer.json()) as Answer
  }
  return {
    ...standIn,
    host,
    sim,
    requests: async () => (await sim<{ requests: string[] }>('GET requests')).requests,
    async answers(authorizeUrl, as, answer = 'allow') {
      const browser = scriptedBrowser(standIn.url)
      const page = await browser.open(authorizeUrl)
      if ('left' in page) throw new Error(`the host sent the person to ${page.left.href}`)
      return leftBy(await browser.submit(page, /authorize$/, { user: as, answer }))
    },
    async stop() {
      await standIn.stop()
      await fs.rm(dir, { recursive: true, force: true })
    },
  }
}

export function leftBy(page: BrowserPage | { left: URL }): URL {
  if (!('left' in page)) throw new Error(`the page stayed: ${page.status} ${page.body}`)
  return page.left
}
