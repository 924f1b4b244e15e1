import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { readOperation } from '#domain/operations'
import { mintId } from '#kernel/ids'
import { GIT_ENV, git } from '../../sandbox/git/repositories.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { launchBrowser } from '../support/browser.ts'
import { type Allowing, aGiteaShop, aPersonAtGitea } from './at-gitea.ts'
import { GITEA, GITEA_USER, type Gitea, startGitea } from './gitea.ts'
import { programOf } from './peer.ts'

const run = promisify(execFile)
const program = await programOf(GITEA)
const browserPath = inject('browserPath')
const { name: USER, password: PASSWORD } = GITEA_USER
const PACKAGE = 'northwind/module-search'

describe.skipIf(!program || !browserPath || !timeSkippingServer)('a real Gitea', () => {
  let gitea: Gitea
  let shop: Shop
  let browser: Browser
  let person: ReturnType<typeof aPersonAtGitea>
  beforeAll(async () => {
    ;[gitea, browser] = await Promise.all([startGitea(program ?? ''), launchBrowser(browserPath ?? '')])
    await gitea.api('POST', 'user/repos', {
      name: 'module-one',
      private: true,
      auto_init: true,
      default_branch: 'main',
    })
    shop = await aGiteaShop(gitea)
    person = aPersonAtGitea(gitea, browser, 'vendor')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
    await gitea?.stop()
  })

  const host = () => new URL(gitea.url).host
  const wanted = () => ({ org: shop.market.org('northwind'), host: host(), at: new Date() })

  /** The person consents in a real browser; returns the operation. */
  async function consents(allowing: Allowing = {}) {
    const vera = await shop.assistant({ name: 'vendor', org: 'northwind' })
    let handle = await vera.call('start_git_integration', { host: host(), idempotency_key: randomUUID() })
    while (handle.status === 'running')
      handle = await vera.call('get_operation', { operation_id: handle.operation_id, wait_ms: 5_000 })
    await person.allows(handle.next_action?.url ?? '', allowing)
    return readOperation(shop.db, handle.operation_id)
  }

  test('a person signs in at Gitea, consents, and the operation completes by itself', async () => {
    const operation = await consents({ screenshots: process.env.SCREENSHOTS ?? '' })

    expect(operation).toMatchObject({
      status: 'completed',
      result: { integrations: [{ host: host(), account: USER }] },
    })
    const [integration] = await shop.git.list(shop.market.org('northwind'))
    expect(integration).toMatchObject({ kind: 'gitea', account: USER, mayHook: true, state: 'connected' })
    const listed = await shop.git.listRepositories({ ...wanted(), id: integration?.id ?? '', limit: 10 })
    expect(listed.repositories).toMatchObject([
      { path: `${USER}/module-one`, canPush: true, isPrivate: true },
    ])
  })

  test('a credential of ours clones the private repository, and none does not', async () => {
    const found = await shop.git.credential({ ...wanted(), path: `${USER}/module-one` })
    if (found.is !== 'reached') throw new Error(found.is)
    const { cloneUrl, authorization } = found.credential
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'clone-'))

    await git([
      '-c',
      `http.extraHeader=Authorization: ${authorization}`,
      'clone',
      '--quiet',
      cloneUrl,
      folder,
    ])

    expect(await fs.readdir(folder)).toContain('README.md')
    await expect(git(['ls-remote', '--', cloneUrl])).rejects.toThrow('failed')
    await fs.rm(folder, { recursive: true })
  })

  test('a strict Gitea renews our tokens again and again, also for many calls at once', async () => {
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => shop.git.credential({ ...wanted(), path: `${USER}/module-one` })),
      )
      expect(new Set(answers.map(({ is }) => is))).toEqual(new Set(['reached']))
    }
  })

  test('a hook is created, and a real git push of a tag arrives signed within seconds', async () => {
    const { org } = wanted()
    const access = await shop.git.repositoryAccess({ ...wanted(), path: `${USER}/module-one` })
    if (access.is !== 'reached') throw new Error(access.is)
    const hook = mintId('hok', Date.now(), Math.random)
    const of = shop.market.package(PACKAGE)
    const at = new Date()
    const installed = { hook, package: of, org, host: host(), repository: access.repository.id, at }

    expect(await shop.git.installHook(installed)).toMatchObject({ state: 'installed' })
    expect(await shop.git.installHook(installed)).toMatchObject({ state: 'installed' })
    expect(await gitea.api('GET', `repos/${USER}/module-one/hooks`)).toHaveLength(1)

    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'clone-'))
    const url = `${gitea.url.replace('://', `://${USER}:${PASSWORD}@`)}/${USER}/module-one.git`
    const as = (...args: string[]) => run('git', args, { cwd: folder, env: GIT_ENV as NodeJS.ProcessEnv })
    await as('clone', '--quiet', url, '.')
    await as('tag', 'v1.0.0')
    const since = performance.now()
    await as('push', '--quiet', 'origin', 'refs/tags/v1.0.0')
    const events = await vi.waitFor(
      async () => {
        const rows = await shop.db
          .selectFrom('push_events')
          .select('tag')
          .where('hook_id', '=', hook)
          .execute()
        if (!rows.length) throw new Error('nothing arrived')
        return rows
      },
      { timeout: 15_000, interval: 50 },
    )
    console.log(`  the pushed tag was recorded after ${Math.round(performance.now() - since)} ms`)
    expect(events).toEqual([{ tag: 'refs/tags/v1.0.0' }])

    await shop.git.removeHook({ package: of, org, at: new Date() })
    expect(await gitea.api('GET', `repos/${USER}/module-one/hooks`)).toEqual([])
    await fs.rm(folder, { recursive: true })
  })

  test('a renamed repository is found by its id, and not by its earlier path', async () => {
    const access = await shop.git.repositoryAccess({ ...wanted(), path: `${USER}/module-one` })
    if (access.is !== 'reached') throw new Error(access.is)
    await gitea.api('PATCH', `repos/${USER}/module-one`, { name: 'module-uno' })

    const old = await shop.git.repositoryAccess({ ...wanted(), path: `${USER}/module-one` })
    const byId = await shop.git.credential({ ...wanted(), id: access.repository.id })

    expect(old.is).not.toBe('reached')
    expect(byId).toMatchObject({
      is: 'reached',
      credential: { cloneUrl: `${gitea.url}/${USER}/module-uno.git` },
    })
  })

  const isBroken = async () => {
    const access = await shop.git.repositoryAccess({ ...wanted(), path: `${USER}/module-uno` })
    return access.is === 'broken'
  }

  test('a second consent with fewer rights keeps those of the first one, and we say so', async () => {
    expect(await consents({ hooks: false })).toMatchObject({ status: 'completed' })

    expect(await shop.git.list(shop.market.org('northwind'))).toMatchObject([{ mayHook: true }])
  })

  test('a consent that the person ended in Gitea breaks the integration, and a new one mends it', async () => {
    await person.endsTheConsent()

    expect(await isBroken()).toBe(true)
    expect(await shop.git.list(shop.market.org('northwind'))).toMatchObject([{ state: 'broken' }])
    expect(await consents({ hooks: false })).toMatchObject({ status: 'completed' })
    expect(await shop.git.list(shop.market.org('northwind'))).toMatchObject([
      { state: 'connected', mayHook: false },
    ])
    expect(await isBroken()).toBe(false)
  })

  test('without the right to create hooks, a package has one that a person creates', async () => {
    const access = await shop.git.repositoryAccess({ ...wanted(), path: `${USER}/module-uno` })
    if (access.is !== 'reached') throw new Error(access.is)
    const { org, at } = wanted()
    const hook = mintId('hok', Date.now(), Math.random)
    const of = shop.market.package(PACKAGE)
    const { id: repository } = access.repository

    const installed = await shop.git.installHook({ hook, package: of, org, host: host(), repository, at })

    expect(installed.state).toBe('missing_permission')
    expect(await gitea.api('GET', `repos/${USER}/module-uno/hooks`)).toEqual([])
    await shop.git.removeHook({ package: of, org, at })
  })
})
