import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { refusalOf } from '../call/refusal.ts'
import type { Context } from '../call/tool.ts'
import { complete } from '../prompts/complete.ts'
import { getPrompt } from '../prompts/get-prompt.ts'
import type { Prompt } from '../prompts/prompt.ts'
import type { Icons } from './identity.ts'
import { type Failing, orProtocolError } from './protocol-error.ts'
import { published } from './published.ts'
import type { ScopeCheck } from './scope-challenge.ts'

export interface PromptOptions extends Pick<Failing, 'refused' | 'log'> {
  /** Those that the request may list, get or complete. */
  prompts: readonly Prompt[]
  icons: Icons
  contextOf: (ctx: ServerContext) => Context
  /** Asks for the scopes of the tool that does the job. */
  scopesOf: (prompt: Prompt) => ScopeCheck
}

/** Serves the prompts and completes their arguments. */
export function servePrompts(server: McpServer, options: PromptOptions): void {
  const { prompts, icons, contextOf, scopesOf, refused, log } = options
  const failing: Failing = { what: 'a request for a prompt', say: withNextStep, refused, log }

  for (const prompt of prompts) {
    const { name, title, description, input } = prompt
    const scopeChallenge = scopesOf(prompt)
    const config = { title, description, argsSchema: published(input), icons, scopeChallenge }
    server.registerPrompt(name, config, (args: unknown, ctx) =>
      orProtocolError(ctx, failing, (noteOrg) => getPrompt(prompt, args, contextOf(ctx), noteOrg)),
    )
  }

  server.server.setRequestHandler('completion/complete', async ({ params }, ctx) => {
    const { ref, argument, context } = params
    const prompt = ref.type === 'ref/prompt' && prompts.find(({ name }) => name === ref.name)
    if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such prompt.')
    const { name, value } = argument
    if (!Object.hasOwn(prompt.input.shape, name)) return { completion: { values: [], hasMore: false } }
    const typed = { argument: name, value, filled: context?.arguments ?? {} }
    return { completion: await orProtocolError(ctx, failing, () => complete(typed, contextOf(ctx))) }
  })
}

/** One text, because a client shows only the message of an error. */
const withNextStep: Failing['say'] = (error) =>
  [error.message, refusalOf(error)?.next_step].filter(Boolean).join(' ')
