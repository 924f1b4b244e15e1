import assert from 'node:assert/strict'
import type { Called } from '../support/mcp-clients.ts'
import type { RealClient } from './client.ts'
import { finished } from './program.ts'

interface Listed {
  result: { tools: { name: string }[] }
  /** What `--strict` has against a tool's schemas, warnings too; absent when nothing. */
  schemaFindings?: unknown
}

/** Its exit code. */
const A_TOOL_REFUSED = 5

/** The protocol's own debugging client, by its command line: one process a request, and no model. */
const inspector = (era: 'legacy' | 'modern'): RealClient => ({
  name: `Inspector, ${era}`,
  package: '@modelcontextprotocol/inspector',
  program: '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  hasNoModel: true,

  async converse({ program, mcp, token, home, env }, conversation) {
    async function ask<T>(...method: string[]): Promise<T> {
      const server = [
        '--server-url',
        mcp,
        '--transport',
        'http',
        '--header',
        `Authorization: Bearer ${token}`,
      ]
      const manner = ['--protocol-era', era, '--stored-auth-only', '--format', 'json']
      const args = [program, '--cli', ...server, ...manner, '--method', ...method]
      const said = await finished(process.execPath, {
        args,
        cwd: home,
        fine: [0, A_TOOL_REFUSED],
        env: { ...env, MCP_INSPECTOR_SECRET_STORE: 'memory' },
      })
      return JSON.parse(said) as T
    }

    const { result, schemaFindings } = await ask<Listed>('tools/list', '--strict')
    assert(!schemaFindings, `--strict: ${JSON.stringify(schemaFindings)?.slice(0, 1_000)}`)
    let next = await conversation.next()
    while (!next.done) {
      const { tool, input } = next.value
      const call = ['tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(input)]
      const { content } = (await ask<{ result: Called }>(...call)).result
      next = await conversation.next(content.map(({ text }) => text).join('\n'))
    }
    return result.tools.map(({ name }) => name)
  },
})

export const INSPECTORS = [inspector('legacy'), inspector('modern')]
