import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import { promisify } from 'node:util'
import { GIT_PASSWORD } from '../../sandbox/git/index.ts'
import type { Publisher } from './a-publisher.ts'

/** Asynchronous, because the host is in this process. */
export async function pushTag(publisher: Publisher, path: string, tag: string): Promise<void> {
  const folder = await fs.mkdtemp(`${os.tmpdir()}/push-`)
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const git = (...args: string[]) => promisify(execFile)('git', ['-C', folder, ...args], { env })
  const url = new URL(`${publisher.host.url}/${path}.git`)
  url.username = 'nils'
  url.password = GIT_PASSWORD
  await git('clone', '--quiet', url.href, '.')
  await git('tag', tag)
  await git('push', '--quiet', 'origin', tag)
  await fs.rm(folder, { recursive: true })
}
