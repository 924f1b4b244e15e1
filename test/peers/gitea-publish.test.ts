import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { setPrice } from '#domain/catalogue'
import type { PackageId } from '#kernel/ids'
import { GIT_ENV } from '../../sandbox/git/repositories.ts'
import { type Assistant, type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { launchBrowser } from '../support/browser.ts'
import { composerVersion } from '../support/composer.ts'
import { aGiteaShop, aPersonAtGitea } from './at-gitea.ts'
import { GITEA, GITEA_USER, type Gitea, startGitea } from './gitea.ts'
import { programOf } from './peer.ts'

const run = promisify(execFile)
const program = await programOf(GITEA)
const composer = await composerVersion()
const browserPath = inject('browserPath')
const NAME = 'contoso/module-gifts'
const REPOSITORY = 'module-gifts'
const WAIT = { timeout: 30_000, interval: 100 }
const screenshots = process.env.SCREENSHOTS ?? ''

/** Each test continues where the one before ended. */
describe.skipIf(!program || !browserPath || !timeSkippingServer)('a package of a real Gitea', () => {
  let gitea: Gitea
  let shop: Shop
  let browser: Browser
  let folder: string
  let vendor: Assistant
  let person: ReturnType<typeof aPersonAtGitea>
  let published: PackageId
  beforeAll(async () => {
    ;[gitea, browser, folder] = await Promise.all([
      startGitea(program ?? ''),
      launchBrowser(browserPath ?? ''),
      fs.mkdtemp(path.join(os.tmpdir(), 'gifts-')),
    ])
    shop = await aGiteaShop(gitea)
    vendor = await shop.assistant({ name: 'newvendor', org: 'contoso' })
    person = aPersonAtGitea(gitea, browser, 'newvendor')
    await gitea.api('POST', 'user/repos', { name: REPOSITORY, private: true, default_branch: 'main' })
    await repositoryOfTheVendor()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
    await gitea?.stop()
    await fs.rm(folder, { recursive: true, force: true })
  })

  const git = (...args: string[]) =>
    run('git', ['-C', folder, '-c', 'user.name=Vera', '-c', 'user.email=vera@example.test', ...args], {
      env: GIT_ENV as NodeJS.ProcessEnv,
    })
  const remote = (name = REPOSITORY) =>
    `${gitea.url.replace('://', `://${GITEA_USER.name}:${GITEA_USER.password}@`)}/${GITEA_USER.name}/${name}.git`

  async function repositoryOfTheVendor(): Promise<void> {
    await git('init', '--quiet', '--initial-branch=main')
    const manifest = { name: NAME, description: 'Gift cards', type: 'library', license: 'proprietary' }
    await fs.writeFile(path.join(folder, 'composer.json'), JSON.stringify(manifest))
    await fs.writeFile(path.join(folder, 'README.md'), '# Gift cards\n')
    await git('add', '.')
    await git('commit', '--quiet', '-m', 'First')
    await git('tag', 'v1.0.0')
    await git('push', '--quiet', remote(), 'main', 'v1.0.0')
  }

  const pushes = async (tag: string, to = REPOSITORY) => {
    await git('tag', tag)
    await git('push', '--quiet', remote(to), `refs/tags/${tag}`)
  }
  const get = (operation_id: string, wait_ms = 0) => vendor.call('get_operation', { operation_id, wait_ms })
  async function over(started: ToolResponse): Promise<ToolResponse> {
    let operation = started
    while (operation.status === 'running') operation = await get(operation.operation_id, 5_000)
    return operation
  }
  const looksAtTags = async () =>
    over(await vendor.call('sync_package', { package: NAME, idempotency_key: randomUUID() }))

  const versions = async () => {
    const rows = await shop.db
      .selectFrom('versions')
      .select('label')
      .where('package_id', '=', published)
      .execute()
    return rows.map(({ label }) => label).sort()
  }
  const hooks = () => gitea.api<object[]>('GET', `repos/${GITEA_USER.name}/${REPOSITORY}/hooks`)
  const integrations = async () => {
    const { items } = (await vendor.call('list_git_integrations', {})) as unknown as {
      items: { state: string }[]
    }
    return items.map(({ state }) => state)
  }
  const took = (what: string, since: number) =>
    console.log(`  ${what} after ${Math.round(performance.now() - since)} ms`)

  test('a publication waits for the consent of a person, and then completes by itself', async () => {
    const waiting = await over(
      await vendor.call('publish_package', {
        repositories: [`${gitea.url}/${GITEA_USER.name}/${REPOSITORY}`],
        idempotency_key: randomUUID(),
      }),
    )
    expect(waiting).toMatchObject({
      status: 'waiting_for_you',
      next_action: { type: 'open_url', reason: 'git_consent' },
    })

    await person.allows(waiting.next_action?.url ?? '', { screenshots })

    const since = performance.now()
    const { operation_id } = waiting
    // nobody calls publish_package again
    await expect.poll(async () => (await get(operation_id)).status, WAIT).toBe('completed')
    took('the publication was complete', since)
    const { result } = await get(operation_id)
    expect(result['repositories']).toMatchObject([
      { outcome: 'published', package: NAME, hook: 'installed', versions: [{ version: '1.0.0' }] },
    ])
    published = (result['repositories'] as { package_id: PackageId }[])[0]?.package_id as PackageId
    expect(await hooks()).toHaveLength(1)
    if (screenshots && person.page()) {
      await person.page()?.goto(waiting.next_action?.url ?? '')
      await person.page()?.screenshot({ path: path.join(screenshots, '5-completed.png'), fullPage: true })
    }
  })

  test('a pushed tag becomes a version, which Composer installs', async () => {
    const at = new Date()
    const free = { edition: 'open-source', model: 'free', amountMinor: 0, currency: 'EUR' } as const
    await setPrice(shop.db, { packageId: published, ...free, at })
    const buyer = await shop.assistant()
    const bought = await buyer.buys({
      packages: [NAME],
      new_project: { name: 'Gift shop' },
      idempotency_key: randomUUID(),
    })
    expect(bought).toMatchObject({ status: 'completed' })

    const since = performance.now()
    await pushes('v1.1.0')
    const { auth_json, composer_commands } = bought.result as unknown as Install
    const registry = composer_commands.join('\n').match(/http:\/\/[^\s"']+\/r\/prj_\w+/)?.[0] ?? ''
    const [keys = { username: '', password: '' }] = Object.values(auth_json['http-basic'])
    const authorization = `Basic ${Buffer.from(`${keys.username}:${keys.password}`).toString('base64')}`
    const served = async () => {
      const answer = await fetch(`${registry}/p2/${NAME}.json`, { headers: { authorization } })
      const { packages } = (await answer.json()) as { packages: Record<string, { version: string }[]> }
      return packages[NAME]?.map(({ version }) => version)
    }
    await expect.poll(served, WAIT).toEqual(['v1.1.0', 'v1.0.0'])
    took('the pushed tag could be installed', since)
    expect(await installed(auth_json, composer_commands)).toBe(composer && 'v1.1.0')
  })

  interface Install {
    auth_json: { 'http-basic': Record<string, { username: string; password: string }> }
    composer_commands: string[]
  }

  /** Runs the commands that the buyer got. Returns the version in composer.lock; without Composer, undefined. */
  async function installed(auth: object, commands: readonly string[]): Promise<string | undefined> {
    if (!composer) return undefined
    const home = path.join(folder, '.git/home')
    const site = path.join(home, 'site')
    await fs.mkdir(site, { recursive: true })
    await fs.writeFile(path.join(home, 'config.json'), '{"repositories":{"packagist":false}}')
    await fs.writeFile(path.join(site, 'composer.json'), '{}')
    await fs.writeFile(path.join(site, 'auth.json'), JSON.stringify(auth))
    const env = { PATH: process.env.PATH, HOME: home, COMPOSER_HOME: home, COMPOSER_ALLOW_SUPERUSER: '1' }
    for (const command of commands) await run('sh', ['-c', `${command} --no-interaction`], { cwd: site, env })
    expect(await fs.readdir(path.join(site, 'vendor/contoso/module-gifts'))).toContain('README.md')
    const lock = JSON.parse(await fs.readFile(path.join(site, 'composer.lock'), 'utf8')) as {
      packages: { name: string; version: string }[]
    }
    return lock.packages.find(({ name }) => name === NAME)?.version
  }

  test('a package follows its repository to another name', async () => {
    await gitea.api('PATCH', `repos/${GITEA_USER.name}/${REPOSITORY}`, { name: 'module-presents' })

    const since = performance.now()
    await pushes('v1.2.0', 'module-presents')

    await expect.poll(versions, WAIT).toEqual(['1.0.0', '1.1.0', '1.2.0'])
    took('the tag of the renamed repository was a version', since)
  })

  test('a consent that the person ends at Gitea is noticed at the next push, and a new consent repairs the integration', async () => {
    await person.endsTheConsent()
    await pushes('v1.3.0', 'module-presents')

    await expect.poll(integrations, WAIT).toEqual(['broken'])
    const refused = await looksAtTags()
    expect(refused.result['error']).toMatchObject({ code: 'git_not_connected' })
    expect(await versions()).toEqual(['1.0.0', '1.1.0', '1.2.0'])

    let started = await over(
      await vendor.call('start_git_integration', {
        host: new URL(gitea.url).host,
        idempotency_key: randomUUID(),
      }),
    )
    await person.allows(started.next_action?.url ?? '')
    await expect.poll(async () => (started = await get(started.operation_id)).status, WAIT).toBe('completed')
    expect(await integrations()).toEqual(['connected'])
    expect(await looksAtTags()).toMatchObject({ status: 'completed' })
    expect(await versions()).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0'])
  })
})
