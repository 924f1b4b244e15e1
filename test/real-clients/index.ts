import { claudeCode } from './claude-code.ts'
import type { RealClient } from './client.ts'
import { codex } from './codex.ts'
import { geminiCli } from './gemini-cli.ts'
import { INSPECTORS } from './inspector.ts'
import { mcpRemote } from './mcp-remote.ts'
import { opencode } from './opencode.ts'

/** All clients, in the order of the table. */
export const CLIENTS: readonly RealClient[] = [
  claudeCode,
  codex,
  opencode,
  geminiCli,
  mcpRemote,
  ...INSPECTORS,
]
