import assert from 'node:assert/strict'
import type { Called } from '../support/mcp-clients.ts'
import type { RealClient } from './client.ts'
import { outputOf, type Run } from './program.ts'

interface Listed {
  result: { tools: { name: string }[] }
  /** The errors and warnings of `--strict` about the schemas of a tool. Absent when there are none. */
  schemaFindings?: unknown
}

/** The exit code of the inspector after a refused call. */
const TOOL_REFUSED = 5

/**
 * The command line of the official debugging client. It has no model and needs one process for each request.
 */
const inspector = (era: 'legacy' | 'modern'): RealClient => ({
  name: `Inspector, ${era}`,
  package: '@modelcontextprotocol/inspector',
  program: '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  hasNoModel: true,

  async converse({ program, mcp, person, home, env }, conversation) {
    async function ask<T>(
      method: string[],
      more: Partial<Run> = { args: ['--stored-auth-only'] },
    ): Promise<T> {
      const server = ['--server-url', mcp, '--transport', 'http', '--protocol-era', era, '--format', 'json']
      const output = await outputOf(process.execPath, {
        cwd: home,
        acceptedCodes: [0, TOOL_REFUSED],
        // each request is a process of its own, so what it got has to stay
        env: { ...env, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_AUTO_OPEN_ENABLED: 'true' },
        ...more,
        args: [program, '--cli', ...server, ...(more.args ?? []), '--method', ...method],
      })
      return JSON.parse(output) as T
    }

    const { result, schemaFindings } = await ask<Listed>(['tools/list', '--strict'], { person })
    assert(!schemaFindings, `--strict: ${JSON.stringify(schemaFindings)?.slice(0, 1_000)}`)
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

export const INSPECTORS = [inspector('legacy'), inspector('modern')]
