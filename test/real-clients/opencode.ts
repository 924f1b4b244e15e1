import type { RealClient } from './client.ts'
import { withModel } from './model.ts'
import { openaiChat } from './openai-chat.ts'
import { outputOf } from './program.ts'

export const opencode: RealClient = {
  name: 'opencode',
  // not `opencode-ai`, because the lockfile cannot check its packages for other platforms
  package: `opencode-${process.platform}-${process.arch}`,
  program: `opencode-${process.platform}-${process.arch}/bin/opencode`,

  async converse({ program, mcp, person, home, env: clean }, conversation) {
    return withModel({ dialect: openaiChat, prefix: 'packagento_', conversation }, async (url) => {
      const env = {
        ...clean,
        OPENCODE_CONFIG_CONTENT: JSON.stringify(configOf({ model: url, mcp })),
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      }
      await outputOf(program, { args: ['mcp', 'auth', 'packagento'], cwd: home, env, person })
      return outputOf(program, { args: ['run', 'Buy the search module.'], cwd: home, env })
    })
  },
}

const configOf = ({ model, mcp }: { model: string; mcp: string }) => ({
  model: 'stub/stub',
  small_model: 'stub/stub',
  provider: {
    stub: {
      npm: '@ai-sdk/openai-compatible',
      options: { baseURL: `${model}/v1`, apiKey: 'fake' },
      models: { stub: {} },
    },
  },
  mcp: {
    packagento: {
      type: 'remote',
      url: mcp,
    },
  },
  autoupdate: false,
  share: 'disabled',
})
