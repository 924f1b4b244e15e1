import fs from 'node:fs'
import path from 'node:path'
import { anthropicMessages } from './anthropic-messages.ts'
import type { RealClient } from './client.ts'
import { withModel } from './model.ts'
import { outputOf } from './program.ts'

export const claudeCode: RealClient = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  program: `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,

  async converse({ program, mcp, token, home, env }, conversation) {
    const headers = { Authorization: `Bearer ${token}` }
    const mcpServers = { packagento: { type: 'http', url: mcp, headers } }
    const config = path.join(home, 'mcp.json')
    fs.writeFileSync(config, JSON.stringify({ mcpServers }))
    const only = ['--mcp-config', config, '--strict-mcp-config', '--allowed-tools', 'mcp__packagento']
    return withModel({ dialect: anthropicMessages, prefix: 'mcp__packagento__', conversation }, (url) =>
      outputOf(program, {
        args: ['--print', 'Buy the search module.', ...only, '--no-session-persistence'],
        cwd: home,
        env: {
          ...env,
          ANTHROPIC_BASE_URL: url,
          ANTHROPIC_API_KEY: 'sk-ant-fake',
          CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          DISABLE_TELEMETRY: '1',
          DISABLE_ERROR_REPORTING: '1',
          // otherwise its model sees a search tool instead of our tools
          ENABLE_TOOL_SEARCH: 'false',
        },
      }),
    )
  },
}
