import fs from 'node:fs'
import path from 'node:path'
import type { RealClient } from './client.ts'
import { aDesktop } from './desktop.ts'
import { geminiContent } from './gemini-content.ts'
import { withModel } from './model.ts'
import { outputOf } from './program.ts'

export const geminiCli: RealClient = {
  name: 'Gemini CLI',
  package: '@google/gemini-cli',
  program: '@google/gemini-cli/bundle/gemini.js',

  async converse({ program, mcp, person, home, env }, conversation) {
    const settings = path.join(home, '.gemini/settings.json')
    fs.mkdirSync(path.dirname(settings))
    fs.writeFileSync(settings, JSON.stringify(settingsOf(mcp)))
    const options = ['--model', 'gemini-2.5-flash', '--skip-trust', '--prompt', 'Buy the search module.']
    const desktop = aDesktop(home)
    return withModel({ dialect: geminiContent, prefix: 'mcp_packagento_', conversation }, (url) =>
      outputOf(process.execPath, {
        args: [program, ...options],
        cwd: home,
        person,
        desktop,
        // it prints the question, but not the URL that it opens
        typed: { after: 'Do you want to continue?', text: 'y\n' },
        env: {
          ...env,
          PATH: `${desktop.bin}:${env.PATH ?? ''}`,
          GOOGLE_GEMINI_BASE_URL: url,
          GEMINI_API_KEY: 'fake',
          // otherwise it starts itself again with more memory
          GEMINI_CLI_NO_RELAUNCH: 'true',
        },
      }),
    )
  },
}

/** `trust` approves all calls of our tools, because no person is there to approve them. */
const settingsOf = (mcp: string) => ({
  mcpServers: {
    packagento: { type: 'http', url: mcp, trust: true, oauth: { enabled: true } },
  },
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
})
