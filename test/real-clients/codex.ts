import fs from 'node:fs'
import path from 'node:path'
import type { RealClient } from './client.ts'
import { withModel } from './model.ts'
import { openaiResponses } from './openai-responses.ts'
import { outputOf } from './program.ts'

const ARCHITECTURE = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
const TARGET = `${ARCHITECTURE}-${process.platform === 'darwin' ? 'apple-darwin' : 'unknown-linux-musl'}`

export const codex: RealClient = {
  name: 'Codex',
  package: '@openai/codex',
  program: `@openai/codex-${process.platform}-${process.arch}/vendor/${TARGET}/bin/codex`,

  async converse({ program, mcp, person, home, env: clean }, conversation) {
    const folder = path.join(home, '.codex')
    fs.mkdirSync(folder)
    return withModel({ dialect: openaiResponses, prefix: 'mcp__packagento__', conversation }, async (url) => {
      fs.writeFileSync(path.join(folder, 'config.toml'), configOf({ model: url, mcp }))
      const env = { ...clean, CODEX_HOME: folder }
      await outputOf(program, { args: ['mcp', 'login', 'packagento'], cwd: home, env, person })
      const args = ['exec', '--skip-git-repo-check', 'Buy the search module.']
      return outputOf(program, { args, cwd: home, env })
    })
  },
}

/** Approves all calls of our tools in advance, because no person is there to approve them. */
const configOf = ({ model, mcp }: { model: string; mcp: string }) => `
model = "stub"
model_provider = "stub"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false
mcp_oauth_credentials_store = "file"

[analytics]
enabled = false

[features]
apps = false
plugins = false

[model_providers.stub]
name = "A scripted model"
base_url = "${model}/v1"
wire_api = "responses"

[mcp_servers.packagento]
url = "${mcp}"
default_tools_approval_mode = "approve"
`
