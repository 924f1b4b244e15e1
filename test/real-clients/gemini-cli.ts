import fs from 'node:fs'
import path from 'node:path'
import type { RealClient } from './client.ts'
import { geminiContent } from './gemini-content.ts'
import { aModel } from './model.ts'
import { finished } from './program.ts'

export const geminiCli: RealClient = {
  name: 'Gemini CLI',
  package: '@google/gemini-cli',
  program: '@google/gemini-cli/bundle/gemini.js',

  async converse({ program, mcp, token, home, env }, conversation) {
    const model = await aModel(geminiContent, 'mcp_packagento_', conversation)
    fs.mkdirSync(path.join(home, '.gemini'))
    const settings = JSON.stringify(settingsOf({ mcp, token }))
    fs.writeFileSync(path.join(home, '.gemini/settings.json'), settings)
    try {
      await finished(process.execPath, {
        args: [program, '--model', 'gemini-2.5-flash', '--skip-trust', '--prompt', 'Buy the search module.'],
        cwd: home,
        env: {
          ...env,
          GOOGLE_GEMINI_BASE_URL: model.url,
          GEMINI_API_KEY: 'of-nobody',
          GEMINI_CLI_NO_RELAUNCH: 'true',
        },
      })
      model.check()
      return model.offered()
    } finally {
      model.close()
    }
  },
}

/** `trust`: nobody is there to approve a call of a tool. */
const settingsOf = ({ mcp, token }: { mcp: string; token: string }) => ({
  mcpServers: {
    packagento: { httpUrl: mcp, headers: { Authorization: `Bearer ${token}` }, trust: true },
  },
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
})
