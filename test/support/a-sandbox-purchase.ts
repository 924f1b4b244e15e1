import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Sandbox } from './a-sandbox.ts'
import type { Called, CLIENTS } from './mcp-clients.ts'

export interface Bought {
  operation_id: string
  result: { auth_json: object; composer_commands: string[]; project: string }
}

/** Lists the tools of a sandbox and buys through this client. Returns the finished operation. */
export async function buyThrough(
  { where }: Sandbox,
  { client: [sdk, connected], token }: { client: (typeof CLIENTS)[number]; token: string },
  packages: string[],
): Promise<Bought> {
  const client = await connected({ url: new URL(where.mcp) }, token)
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('purchase_and_install_package')
  let operation: Called = await client.call('purchase_and_install_package', {
    packages,
    new_project: { name: `Shop of ${packages.join(' and ')} by ${sdk}` },
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
 * Installs in a new folder below `root` with the result of the purchase: writes auth.json beside composer.json, then
 * runs the commands. Returns whether a file is in vendor/.
 */
export async function install({ result }: Bought, root: string, folder: string) {
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
