import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { addPackage } from '#domain/catalogue'
import { addVendor } from '#domain/vendors'
import { mintId, type PackageId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { GIT_PASSWORD } from '../../sandbox/git/index.ts'
import { GIT_ENV } from '../../sandbox/git/repositories.ts'
import type { TestGitHost } from './a-git-host.ts'
import { aGitOrg, type GitOrg } from './a-git-org.ts'
import { aGit } from './git.ts'

const run = promisify(execFile)

export async function aPackage(db: Db, { org }: GitOrg): Promise<PackageId> {
  const at = new Date()
  const vendorId = mintId('ven', at, Math.random)
  const slug = vendorId.slice(4).toLowerCase()
  await addVendor(db, { id: vendorId, orgId: org, slug, name: 'Vera', at, approvedAt: at })
  const id = mintId('pkg', at, Math.random)
  await addPackage(db, {
    id,
    vendorId,
    name: `${slug}/module-one`,
    type: 'library',
    title: 'One',
    summary: '',
    hidden: false,
    at,
  })
  return id
}

/** Our door for deliveries, of any of these orgs; it forwards raw bytes. */
async function aDoor(receive: (hook: string, request: { headers: never; body: Buffer }) => Promise<number>) {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const hook = request.url?.split('/').at(-1) ?? ''
      void receive(hook, { headers: request.headers as never, body: Buffer.concat(chunks) }).then((status) =>
        response.writeHead(status).end(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

const STATUS = { accepted: 202, refused: 401, unknown: 404 }

/** An org whose package follows `vera/module-one`, with a door that the host can reach. */
export async function aFollowedPackage(db: Db, remote: TestGitHost, { isHooked = true } = {}) {
  const started: PackageId[] = []
  const org = await aGitOrg(db, remote)
  const door = await aDoor(
    async (hook, delivered) => STATUS[await git.receivePush({ hook, ...delivered, at: new Date() })],
  )
  const startSync = async (_: Db, { package: of }: { package: PackageId }) => void started.push(of)
  const git = aGit({ db, hosts: [remote.host], secrets: org.secrets, publicUrl: door.url, startSync })
  await org.connects()
  const of = await aPackage(db, org)
  const { repository } = (await git.repositoryAccess({
    org: org.org,
    host: remote.host.host,
    path: 'vera/module-one',
    at: new Date(),
  })) as { repository: { id: string } }
  const wanted = {
    hook: mintId('hok', Date.now(), Math.random),
    package: of,
    org: org.org,
    host: remote.host.host,
    repository: repository.id,
    at: new Date(),
  }
  const installed = isHooked ? await git.installHook(wanted) : undefined
  return { org, git, door, wanted, started, installed, package: of }
}

export const hooksAt = async (remote: TestGitHost, url: string) => {
  const { hooks } = await remote.sim<{ hooks: { id: number; url: string }[] }>('GET hooks')
  return hooks.filter((each) => each.url.startsWith(url))
}
/** Real `git push` of new tags, from a clone. */
export async function pushesTags(remote: TestGitHost, tags: string[]) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'git-clone-'))
  const url = `${remote.url.replace('://', `://vera:${GIT_PASSWORD}@`)}/vera/module-one.git`
  const git = (...args: string[]) => run('git', args, { cwd: folder, env: GIT_ENV as NodeJS.ProcessEnv })
  await git('clone', '--quiet', url, '.')
  for (const tag of tags) await git('tag', tag)
  await git('push', '--quiet', 'origin', ...tags.map((tag) => `refs/tags/${tag}`))
  await fs.rm(folder, { recursive: true })
  return (
    await remote.sim<{ deliveries: { id: string; hook: number; ref: string; status: number | string }[] }>(
      'GET deliveries',
    )
  ).deliveries
}
