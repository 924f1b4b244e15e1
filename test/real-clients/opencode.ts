import type { RealClient } from './client.ts'
import { aModel } from './model.ts'
import { openaiChat } from './openai-chat.ts'
import { finished } from './program.ts'

export const opencode: RealClient = {
  name: 'opencode',
  package: 'opencode-ai',
  // `…-baseline` is for processors without AVX2
  program: `opencode-${process.platform}-${process.arch}/bin/opencode`,

  async converse({ program, mcp, token, home, env }, conversation) {
    const model = await aModel(openaiChat, 'packagento_', conversation)
    const config = {
      model: 'stub/stub',
      small_model: 'stub/stub',
      provider: {
        stub: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: `${model.url}/v1`, apiKey: 'of-nobody' },
          models: { stub: {} },
        },
      },
      mcp: {
        packagento: {
          type: 'remote',
          url: mcp,
          headers: { Authorization: `Bearer ${token}` },
          oauth: false,
        },
      },
      autoupdate: false,
      share: 'disabled',
    }
    try {
      await finished(program, {
        args: ['run', 'Buy the search module.'],
        cwd: home,
        env: {
          ...env,
          OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
          OPENCODE_DISABLE_AUTOUPDATE: '1',
          OPENCODE_DISABLE_MODELS_FETCH: '1',
          OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
          OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        },
      })
      model.check()
      return model.offered()
    } finally {
      model.close()
    }
  },
}
