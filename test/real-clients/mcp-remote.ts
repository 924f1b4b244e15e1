import assert from 'node:assert/strict'
import path from 'node:path'
import { Readable } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { type Called, IDENTITY } from '../support/mcp-clients.ts'
import type { RealClient } from './client.ts'

/**
 * A bridge for clients that only start local programs. It has no model, so the SDK client connects to its
 * stdin.
 */
export const mcpRemote: RealClient = {
  name: 'mcp-remote',
  package: 'mcp-remote',
  program: 'mcp-remote/dist/proxy.js',
  hasNoModel: true,

  async converse({ program, mcp, person, home, env }, conversation) {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, mcp],
      stderr: 'pipe',
      env: {
        ...env,
        MCP_REMOTE_CONFIG_DIR: path.join(home, 'mcp-auth'),
      },
      cwd: home,
    })
    const client = new Client(IDENTITY)
    const { stderr } = transport
    assert(stderr instanceof Readable)
    const [, hasAsked] = await Promise.all([client.connect(transport), person.answers(stderr)])
    assert(hasAsked, 'it printed no page to open')
    try {
      const { tools } = await client.listTools()
      let next = await conversation.next()
      while (!next.done) {
        const { tool: name, input } = next.value
        const { content } = (await client.callTool({ name, arguments: input })) as Called
        next = await conversation.next(content.map(({ text }) => text).join('\n'))
      }
      return tools.map(({ name }) => name)
    } finally {
      await client.close()
    }
  },
}
