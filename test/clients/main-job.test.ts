import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { GIT_PASSWORD } from '../../sandbox/git/index.ts'
import { git } from '../../sandbox/git/repositories.ts'
import { aSandbox, type Sandbox } from '../support/a-sandbox.ts'
import { composerVersion } from '../support/composer.ts'
import { CLIENTS, type Called } from '../support/mcp-clients.ts'

const version = await composerVersion()
// with a space, because many folders have one
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'main job '))

interface Bought {
  operation_id: string
  result: { auth_json: object; composer_commands: string[]; project: string }
}

/** The whole system, started by npm start with its own engines. */
describe.skipIf(!inject('timeSkippingServer'))('the main job', { timeout: 60_000 }, () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // the Postgres of root runs as another user
    sandbox = await aSandbox(path.join(root, 'data'))
  })
  afterAll(async () => {
    await sandbox?.interrupt()
    fs.rmSync(root, { recursive: true, force: true })
  })

  const charges = async () => {
    const response = await fetch(`${sandbox.where.stripe}/_sim/money`)
    const { totals } = (await response.json()) as { totals: { succeeded_charges: number } }
    return totals.succeeded_charges
  }

  /** Lists the tools and buys through this client. Returns the finished operation. */
  async function buyThrough([, connected]: (typeof CLIENTS)[number], packages: string[]): Promise<Bought> {
    const client = await connected(
      { url: new URL(sandbox.where.mcp) },
      await sandbox.connect('--as', 'buyer@example.test'),
    )
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('purchase_and_install_package')
    let operation: Called = await client.call('purchase_and_install_package', {
      packages,
      new_project: { name: `Shop of ${packages.join(' and ')}` },
      idempotency_key: randomUUID(),
    })
    while (operation.structuredContent?.status === 'running') {
      const { operation_id } = operation.structuredContent
      operation = await client.call('get_operation', { operation_id, wait_ms: 10_000 })
    }
    expect(operation.structuredContent).toMatchObject({ status: 'completed' })
    await client.close()
    return operation.structuredContent as unknown as Bought
  }

  /**
   * Installs with the result of the purchase: writes auth.json beside composer.json, then runs the commands.
   */
  async function install({ result }: Bought, folder: string) {
    const dir = path.join(root, folder)
    const home = path.join(root, 'composer home')
    fs.mkdirSync(dir)
    fs.mkdirSync(home, { recursive: true })
    // this machine cannot reach the public repository of Composer
    fs.writeFileSync(path.join(home, 'config.json'), JSON.stringify({ repositories: { packagist: false } }))
    fs.writeFileSync(path.join(dir, 'composer.json'), '{}')
    fs.writeFileSync(path.join(dir, 'auth.json'), JSON.stringify(result.auth_json))
    const env = { PATH: process.env.PATH, HOME: root, COMPOSER_HOME: home, COMPOSER_ALLOW_SUPERUSER: '1' }
    for (const command of result.composer_commands)
      await promisify(execFile)('sh', ['-c', `${command} --no-interaction`], { cwd: dir, env })
    return (file: string) => fs.existsSync(path.join(dir, 'vendor', file))
  }

  test.for(CLIENTS)(
    'a purchase through a client of %s makes one charge and puts files into vendor/',
    async (client, { skip }) => {
      const before = await charges()
      const bought = await buyThrough(client, ['northwind/module-search'])
      expect((await charges()) - before).toBe(1)
      if (!version) return skip('there is no composer on the PATH')
      const has = await install(bought, `search by ${client[0]}`)
      expect(has('northwind/module-search/registration.php')).toBe(true)
    },
  )

  test('a purchase also installs the packages that the package requires', async ({ skip }) => {
    if (!version) return skip('there is no composer on the PATH')
    const has = await install(await buyThrough(CLIENTS[0], ['northwind/module-stock']), 'stock')
    expect([
      has('northwind/module-stock/registration.php'),
      has('northwind/module-core/composer.json'),
    ]).toEqual([true, true])
  })

  test('every link that npm start prints can be opened', async () => {
    const links = sandbox.printed().match(/https?:\/\/\S+/g) ?? []
    expect(links.length).toBeGreaterThanOrEqual(4)
    for (const link of new Set(links)) {
      const { status } = await fetch(link)
      expect([link, status]).toEqual([link, link.endsWith('/mcp') ? 401 : 200])
    }
    expect(await (await fetch(`${sandbox.where.api}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${sandbox.where.api}/readyz`)).json()).toEqual({ status: 'ready' })
  })

  test('a pushed tag of a seeded repository becomes a version, and the versions of the earlier tags stay', async () => {
    const name = 'northwind/module-hello'
    const clone = path.join(root, 'hello')
    const url = `${sandbox.where.git_hosts.github.replace('://', `://northwind:${GIT_PASSWORD}@`)}/${name}.git`
    await git(['clone', '--quiet', url, clone])
    const before = (await git(['-C', clone, 'tag'])).trim().split('\n')
    await git(['-C', clone, 'tag', 'v9.0.0'])
    await git(['-C', clone, 'push', '--quiet', 'origin', 'v9.0.0'])

    const database = new pg.Client({ connectionString: sandbox.where.database_url })
    await database.connect()
    onTestFinished(() => database.end())
    const versions = async () => {
      const { rows } = await database.query<{ tag: string; moved_to: string | null }>(
        `select v.tag, v.moved_to from versions v join packages p on p.id = v.package_id where p.name = $1`,
        [name],
      )
      return rows.map(({ tag, moved_to }) => (moved_to ? `${tag} has moved` : tag)).sort()
    }
    await expect.poll(versions, { timeout: 15_000 }).toEqual([...before, 'v9.0.0'].sort())
    const { rows } = await database.query('select tag, reason from tag_observations where reason is not null')
    expect(rows).toEqual([])
  })

  test('Ctrl-C leaves no process, and a second start keeps all data', async () => {
    const { operation_id, result } = await buyThrough(CLIENTS[0], ['northwind/module-hello'])
    const paid = await charges()
    expect(await sandbox.interrupt()).toEqual({ exitCode: 0, left: [] })

    sandbox = await aSandbox(path.join(root, 'data'))

    expect(await charges()).toBe(paid)
    const token = await sandbox.connect('--as', 'buyer@example.test')
    const client = await CLIENTS[1][1]({ url: new URL(sandbox.where.mcp) }, token)
    const { structuredContent } = await client.call('get_operation', { operation_id })
    expect(structuredContent).toMatchObject({ status: 'completed', result: { project: result.project } })
    await client.close()
  })

  test('a second npm start in the same folder is refused', async () => {
    const second = aSandbox(path.join(root, 'data'))
    await expect(second).rejects.toThrow('already running')
    expect((await fetch(`${sandbox.where.api}/healthz`)).status).toBe(200)
  })
})
