import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { composerVersion } from '../support/composer.ts'

const test = storyTest()
const composer = await composerVersion()
/** Composer starts PHP for each command. */
const SLOW = { timeout: 90_000 }
const SEARCH = 'northwind/module-search'

interface Bought {
  operation_id: string
  status: string
  result: {
    pickup: { url: string; commands: [string, string] }
    composer_commands: string[]
    next_step: string
  }
}

/** An empty folder with a composer.json, and a shell in it. */
async function aFolder() {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'pickup-'))
  const dir = path.join(root, 'shop')
  const home = path.join(root, 'home')
  await fs.mkdir(dir)
  await fs.mkdir(home)
  await fs.writeFile(path.join(dir, 'composer.json'), '{}')
  // this machine cannot reach the public repository of Composer
  await fs.writeFile(path.join(home, 'config.json'), JSON.stringify({ repositories: { packagist: false } }))
  onTestFinished(() => fs.rm(root, { recursive: true }))
  const env = { PATH: process.env['PATH'], HOME: root, COMPOSER_HOME: home, COMPOSER_ALLOW_SUPERUSER: '1' }
  return {
    file: (name: string) => path.join(dir, name),
    /** Returns the exit code and what the command printed. */
    run: (command: string) =>
      promisify(execFile)('sh', ['-c', command], { cwd: dir, env }).then(
        ({ stdout, stderr }) => ({ exitCode: 0, printed: stdout + stderr }),
        (error: { code: number; stdout: string; stderr: string }) => ({
          exitCode: error.code,
          printed: error.stdout + error.stderr,
        }),
      ),
  }
}

describe.skipIf(!timeSkippingServer)('a purchase whose keys are picked up', () => {
  const wanted = async (shop: Shop) => ({
    packages: [SEARCH],
    project: (await aProject(shop.market)).id,
    credentials: 'pickup',
    idempotency_key: randomUUID(),
  })

  test(
    'the two commands of a purchase fetch auth.json and check it, and print no key',
    SLOW,
    async ({ shop, buyer, skip }) => {
      if (!composer) return skip('there is no composer on the PATH')
      const { result } = (await buyer.buys(await wanted(shop))) as unknown as Bought
      const { run, file } = await aFolder()
      const [fetches, checks] = result.pickup.commands
      const configure = result.composer_commands.filter((command) => command.startsWith('composer config'))

      const fetched = await run(fetches)
      for (const command of configure) expect(await run(command)).toMatchObject({ exitCode: 0 })
      const checked = await run(checks)

      expect(result).not.toHaveProperty('auth_json')
      expect(fetched).toEqual({ exitCode: 0, printed: '' })
      expect((await fs.stat(file('auth.json'))).mode & 0o777).toBe(0o600)
      expect(checked.exitCode, checked.printed).toBe(0)
      expect(checked.printed).toContain(SEARCH)
      const password = /psk_[\w-]{43}/.exec(await fs.readFile(file('auth.json'), 'utf8'))?.[0] ?? 'none'
      expect(fetched.printed + checked.printed).not.toContain(password)
      expect(shop.logged()).not.toContain(password.slice(4))
    },
  )

  test('the second command fails when the keys are wrong', SLOW, async ({ shop, buyer, skip }) => {
    if (!composer) return skip('there is no composer on the PATH')
    const { result } = (await buyer.buys(await wanted(shop))) as unknown as Bought
    const { run, file } = await aFolder()
    const host = new URL(result.pickup.url).host
    const wrong = { 'http-basic': { [host]: { username: 'ppk_x', password: 'wrong' } } }
    await fs.writeFile(file('auth.json'), JSON.stringify(wrong))
    for (const command of result.composer_commands.filter((each) => each.startsWith('composer config')))
      await run(command)

    expect((await run(result.pickup.commands[1])).exitCode).not.toBe(0)
  })

  test('the first command touches no auth.json that exists, and the link still works', async ({
    shop,
    buyer,
  }) => {
    const { result } = (await buyer.buys(await wanted(shop))) as unknown as Bought
    const { run, file } = await aFolder()
    await fs.writeFile(file('auth.json'), '{"http-basic":{}}')

    expect((await run(result.pickup.commands[0])).exitCode).not.toBe(0)

    expect(await fs.readFile(file('auth.json'), 'utf8')).toBe('{"http-basic":{}}')
    await fs.rm(file('auth.json'))
    expect((await run(result.pickup.commands[0])).exitCode).toBe(0)
  })

  test('a used link leaves no file behind', async ({ shop, buyer }) => {
    const { result } = (await buyer.buys(await wanted(shop))) as unknown as Bought
    const [first, second] = [await aFolder(), await aFolder()]
    await first.run(result.pickup.commands[0])

    const { exitCode, printed } = await second.run(result.pickup.commands[0])

    expect([exitCode, printed]).toEqual([22, expect.stringContaining('410')])
    await expect(fs.stat(second.file('auth.json'))).rejects.toThrow('ENOENT')
  })

  test('no key is in the row of the operation, the audit log or the answers of a purchase', async ({
    shop,
    buyer,
  }) => {
    const input = await wanted(shop)
    const first = (await buyer.buys(input)) as unknown as Bought
    const again = (await buyer.buys(input)) as unknown as Bought
    const answer = await fetch(again.result.pickup.url, { method: 'POST' })
    const key = /psk_([\w-]{43})/.exec(await answer.text())?.[1] ?? ''

    const operation = await shop.db
      .selectFrom('operations')
      .select(['input', 'result'])
      .where('id', '=', first.operation_id as never)
      .executeTakeFirstOrThrow()
    const events = await shop.db.selectFrom('audit_events').select('body').execute()

    expect(key).toHaveLength(43)
    expect(operation.input).toMatchObject({ credentials: 'pickup' })
    expect(operation.result).not.toHaveProperty('pickup')
    const link = again.result.pickup.url.slice(-43)
    const kept = JSON.stringify([operation, events]) + shop.logged()
    for (const secret of [key, link]) expect(kept).not.toContain(secret)
    expect(JSON.stringify([first, again])).not.toContain(key)
    expect((await fetch(first.result.pickup.url, { method: 'POST' })).status).toBe(410)
  })

  test('a purchase shows neither keys nor a link to a connection that was revoked while it waited', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    shop.breaks((steps) => ({
      ...steps,
      async deliverPurchase(input) {
        const outcome = await steps.deliverPurchase(input)
        await revokeConnection(shop.db, { id: buyer.connection, reason: 'person', at: new Date() })
        return outcome
      },
    }))

    const bought = await buyer.call('purchase_and_install_package', {
      packages: [SEARCH],
      project,
      idempotency_key: randomUUID(),
    })

    expect(bought).toMatchObject({ status: 'completed' })
    expect(bought.result).not.toHaveProperty('auth_json')
  })
})
