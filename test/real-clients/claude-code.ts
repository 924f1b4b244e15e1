import assert from 'node:assert/strict'
import path from 'node:path'
import { anthropicMessages } from './anthropic-messages.ts'
import type { RealClient } from './client.ts'
import { withModel } from './model.ts'
import { outputOf } from './program.ts'

export const claudeCode: RealClient = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  program: `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,

  async converse({ program, mcp, person, home, env: clean }, conversation) {
    return withModel(
      { dialect: anthropicMessages, prefix: 'mcp__packagento__', conversation },
      async (url) => {
        const env = {
          ...clean,
          ANTHROPIC_BASE_URL: url,
          ANTHROPIC_API_KEY: 'sk-ant-fake',
          CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          DISABLE_TELEMETRY: '1',
          DISABLE_ERROR_REPORTING: '1',
          // otherwise its model sees a search tool instead of our tools
          ENABLE_TOOL_SEARCH: 'false',
        }
        const run = (...args: string[]) => outputOf(program, { args, cwd: home, env })
        await run('mcp', 'add', '--scope', 'user', '--transport', 'http', 'packagento', mcp)
        assert.match(await run('mcp', 'list'), /packagento: .* Needs authentication/)
        // it signs in only in a terminal
        const login = ['-c', IN_TERMINAL, program, 'mcp', 'login', 'packagento']
        await outputOf('python3', { args: login, cwd: home, env, person })
        assert.match(await run('mcp', 'list'), /packagento: .* Connected/)
        const options = ['--allowed-tools', 'mcp__packagento', '--no-session-persistence']
        return run('--print', 'Buy the search module.', ...options)
      },
    )
  },
}

/** Gives a program a terminal. */
const IN_TERMINAL = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'
