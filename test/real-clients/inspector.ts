import assert from 'node:assert/strict'
import { prompts } from '../../src/mcp/prompts/index.ts'
import { LICENCES } from '../../src/mcp/views/view.ts'
import type { Called } from '../support/mcp-clients.ts'
import type { RealClient, Surroundings } from './client.ts'
import { outputOf, type Run } from './program.ts'

interface Listed {
  result: { tools: { name: string }[] }
  /** The errors and warnings of `--strict` about the schemas of a tool. Absent when there are none. */
  schemaFindings?: unknown
}

/** The exit code of the inspector after a refused call. */
const TOOL_REFUSED = 5

type Era = 'legacy' | 'modern'

const PROGRAM = {
  package: '@modelcontextprotocol/inspector',
  program: '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  hasNoModel: true,
} as const

/** Runs one request. Each request is a process of its own. The program stores its tokens at the first sign-in. */
const asker =
  ({ program, mcp, home, env }: Surroundings, era: Era) =>
  async <T>(method: string[], more: Partial<Run> = { args: ['--stored-auth-only'] }): Promise<T> => {
    const server = ['--server-url', mcp, '--transport', 'http', '--protocol-era', era, '--format', 'json']
    const output = await outputOf(process.execPath, {
      cwd: home,
      acceptedCodes: [0, TOOL_REFUSED],
      env: { ...env, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_AUTO_OPEN_ENABLED: 'true' },
      ...more,
      args: [program, '--cli', ...server, ...(more.args ?? []), '--method', ...method],
    })
    return JSON.parse(output) as T
  }

/**
 * The command line of the official debugging client. It has no model and needs one process for each request.
 */
const inspector = (era: Era): RealClient => ({
  ...PROGRAM,
  name: `Inspector, ${era}`,

  async converse(surroundings, conversation) {
    const ask = asker(surroundings, era)
    const { result } = await ask<Listed>(['tools/list'], { person: surroundings.person })
    let next = await conversation.next()
    while (!next.done) {
      const { tool, input } = next.value
      const call = ['tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(input)]
      const { content } = (await ask<{ result: Called }>(call)).result
      next = await conversation.next(content.map(({ text }) => text).join('\n'))
    }
    return result.tools.map(({ name }) => name)
  },
})

/** Checks what a person chooses in a client: each prompt, with its text, and the view of a tool. */
async function assertMoreThanTools(surroundings: Surroundings): Promise<void> {
  const [legacy, modern] = [asker(surroundings, 'legacy'), asker(surroundings, 'modern')]
  for (const ask of [legacy, modern]) {
    const { result } = await ask<{ result: { prompts: { name: string }[] } }>(['prompts/list'])
    assert.deepEqual(
      result.prompts.map(({ name }) => name),
      prompts.map(({ name }) => name),
    )
    const get = ['prompts/get', '--prompt-name', 'buy_and_install', '--prompt-args', `package=${PACKAGE}`]
    assert.match(JSON.stringify(await ask(get)), new RegExp(`Buy the package ${PACKAGE}`))
  }
  // its command line does not declare views in 2026-07-28
  const app = await legacy<{ appInfo: { resourceUri: string } }>([
    'tools/call',
    '--tool-name',
    'list_licences',
    '--app-info',
  ])
  assert.equal(app.appInfo.resourceUri, LICENCES.uri)
}

const PACKAGE = 'northwind/module-search'

/** Checks whether strict clients, such as Claude desktop, accept the schema of every tool, in both protocols. */
const strictInspector: RealClient = {
  ...PROGRAM,
  name: 'Inspector, strict',
  onlyLists: true,

  async converse(surroundings) {
    const list = ['tools/list', '--strict']
    const legacy = await asker(surroundings, 'legacy')<Listed>(list, { person: surroundings.person })
    const modern = await asker(surroundings, 'modern')<Listed>(list)
    for (const { schemaFindings } of [legacy, modern])
      assert(!schemaFindings, `--strict: ${JSON.stringify(schemaFindings)?.slice(0, 1_000)}`)
    await assertMoreThanTools(surroundings)
    return modern.result.tools.map(({ name }) => name)
  },
}

export const INSPECTORS = [inspector('legacy'), inspector('modern'), strictInspector]
