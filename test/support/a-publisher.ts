import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { expect, test } from 'vitest'
import type { GitHost } from '#kernel/git-host'
import type { OperationId } from '#kernel/ids'
import { readOperation } from '#domain/operations'
import type { SeededVersion } from '../../sandbox/git/index.ts'
import { aGitHost, type TestGitHost } from './a-git-host.ts'
import type { Steps } from './faults.ts'
import { explained } from './a-stalled-operation.ts'
import { type Assistant, aShop, type Shop, type ShopOptions, type ToolResponse } from './a-shop.ts'

/** The new vendor of the demo market, whose repositories are at a Git host of the kind Gitea. */
export interface Publisher {
  shop: Shop
  host: TestGitHost
  assistant: Assistant
  /** Makes a repository of `nils`, or of another user. Returns its URL. */
  repository: (wanted?: RepositoryWanted) => Promise<string>
  /** Starts a story and polls it while it runs. */
  runs: (tool: string, input: Record<string, unknown>) => Promise<ToolResponse>
  /** Polls an operation while it runs. */
  over: (started: ToolResponse) => Promise<ToolResponse>
  /** A person consents at the host for an operation that waits. */
  consents: (operation: OperationId, as?: string, answer?: 'allow' | 'deny') => Promise<void>
  /** Connects the host beforehand. */
  connects: (as?: string) => Promise<void>
  /** Forgets all integrations of the org. Their hooks stay at the host. */
  disconnects: () => Promise<void>
  /** What a publication may leave behind: package names, hooks at the host and of ours, folders of jobs. */
  traces: () => Promise<{ packages: string[]; hooks: string[]; hookRows: number; jobs: string[] }>
}

export interface RepositoryWanted {
  owner?: string
  /** The name in composer.json; default: a new one of `contoso`. */
  name?: string
  tags?: readonly string[]
  /** Files beside composer.json, or instead of it. */
  files?: Record<string, string>
}

/** The steps of a publication that succeeds. Each is tested with a lost result. */
export const PUBLISHING = [
  'openPublications',
  'reachRepository',
  'readRepository',
  'createPackage',
  'installHook',
  'askForSync',
  'lookAtSync',
  'beginSync',
  'lookAtTags',
  'ingestTags',
  'endSync',
  'reportStatus',
] as const satisfies (keyof Steps)[]

/** The steps of `bootstrap_vendor`. Each is tested with a lost result. */
export const BOOTSTRAPPING = [
  'openVendorApplication',
  'lookForGitHost',
  'awaitGitHost',
  'lookForVendorApproval',
  'describeStartedVendor',
  'reportStatus',
] as const satisfies (keyof Steps)[]

export const publisherTest = (options: ShopOptions = {}) =>
  test
    .extend('publisherOptions', { scope: 'file' }, () => options)
    .extend('publisher', { scope: 'file' }, async ({ publisherOptions }, { onCleanup }) => {
      const { publisher, close } = await aPublisher(publisherOptions)
      onCleanup(close)
      return publisher
    })
    .extend('faults', { auto: true }, ({ publisher }, { onCleanup }) => {
      onCleanup(() => publisher.shop.breaks())
    })

async function aPublisher(
  options: ShopOptions,
): Promise<{ publisher: Publisher; close: () => Promise<void> }> {
  let host: TestGitHost | undefined
  const shop = await aShop({
    ...options,
    gitHosts: async (publicUrl) => {
      host = await aGitHost('gitea', { publicUrl })
      return [withLongTokens(host.host)]
    },
  })
  if (!host) throw new Error('no host')
  const publisher = await publisherAt(shop, host)
  return {
    publisher,
    async close() {
      await shop.close()
      await host?.stop()
    },
  }
}

/** Skipped time ends a token at once, so each call would renew it. */
const withLongTokens = (host: GitHost): GitHost => ({
  ...host,
  async exchange(code) {
    const accounts = await host.exchange(code)
    for (const { tokens } of accounts) if (tokens) tokens.expiresAt = new Date('2200-01-01')
    return accounts
  },
})

async function publisherAt(shop: Shop, host: TestGitHost): Promise<Publisher> {
  const { git, db, market } = shop
  const assistant = await shop.assistant({ name: 'newvendor', org: 'contoso' })
  // only owners of repositories have an account at the host
  await host.add({ path: 'nils/first', versions: [aVersion('v1.0.0', 0, { name: 'contoso/first' })] })
  const [org, customer] = [market.org('contoso'), market.person('newvendor')]

  async function over(started: ToolResponse): Promise<ToolResponse> {
    let operation = started
    while (operation.status === 'running')
      operation = await assistant.call('get_operation', {
        operation_id: operation.operation_id,
        wait_ms: 5_000,
      })
    return operation
  }
  const runs: Publisher['runs'] = async (tool, input) =>
    over(await assistant.call(tool, { idempotency_key: randomUUID(), ...input }))
  const consents: Publisher['consents'] = async (operation, as = 'nils', answer = 'allow') => {
    const openedBy = { customer }
    const at = await shop.now()
    const url = await git.openConsentPage({ operation, org, wantsHooks: true, openedBy, at })
    const said = (await host.answers(url, as, answer)).searchParams
    const of = (name: string) => said.get(name) ?? undefined
    await git.completeConsent({
      state: of('state') ?? '',
      code: of('code'),
      error: of('error'),
      by: openedBy,
      at,
    })
  }
  return {
    shop,
    host,
    assistant,
    async repository({ owner = 'nils', name = aName(), tags = ['v1.0.0'], files } = {}) {
      const path = `${owner}/${name.replace(/^.*\//, '')}-${randomUUID().slice(0, 8)}`
      await host.add({ path, versions: tags.map((tag, index) => aVersion(tag, index, { name, files })) })
      return `${host.url}/${path}.git`
    },
    over,
    runs,
    consents,
    async connects(as) {
      const waiting = await runs('start_git_integration', { host: new URL(host.url).host })
      await consents(waiting.operation_id, as)
      const status = async () => (await readOperation(db, waiting.operation_id)).status
      const completed = async () => await expect.poll(status, { timeout: 40_000 }).toBe('completed')
      await explained(shop, waiting.operation_id, completed)
    },
    async disconnects() {
      const ended = { disconnected_at: new Date(), disconnected_by: customer }
      await db
        .updateTable('git_integrations')
        .set({ ...ended, key_id: null, sealed: null, token_expires_at: null })
        .where('org_id', '=', org)
        .where('disconnected_at', 'is', null)
        .execute()
    },
    async traces() {
      const packages = await db
        .selectFrom('packages')
        .select('name')
        .where('vendor_id', '=', market.vendor('contoso'))
        .orderBy('name')
        .execute()
      const { hooks } = await host.sim<{ hooks: { url: string }[] }>('GET hooks')
      const rows = await db.selectFrom('package_hooks').select('id').where('removed_at', 'is', null).execute()
      return {
        packages: packages.map(({ name }) => name),
        hooks: hooks.map(({ url }) => url),
        hookRows: rows.length,
        jobs: fs.readdirSync(shop.ingestDir),
      }
    },
  }
}

export const aName = (): string => `contoso/module-${randomUUID().slice(0, 8)}`

const aVersion = (
  tag: string,
  index: number,
  { name, files }: { name: string; files?: Record<string, string> | undefined },
): SeededVersion => ({
  tag,
  at: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
  files: files ?? {
    'composer.json': JSON.stringify({ name, description: 'A module', license: 'proprietary' }),
    'README.md': `# ${tag}`,
  },
})

/** What became of each repository of a publication. */
export const outcomesOf = ({ result }: { result: Record<string, unknown> }) =>
  result['repositories'] as Record<string, unknown>[]

export /** Publishes one repository, whose outcome it returns: the entry, or the error of the operation. */
async function publish(publisher: Publisher, repository: string, more: object = {}) {
  const operation = await publisher.runs('publish_package', { repositories: [repository], ...more })
  return operation.status === 'failed' ? operation.error : outcomesOf(operation)[0]
}
