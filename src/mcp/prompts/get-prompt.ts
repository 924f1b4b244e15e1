import { type Access, assertMayUse } from '#domain/orgs'
import { orgOfCall } from '../call/call.ts'
import { parseInput } from '../call/refusal.ts'
import { type Context, needOf } from '../call/tool.ts'
import type { Prompt } from './prompt.ts'

/** The result of `prompts/get`. A type and not an interface, because the SDK needs its index signature. */
export type PromptResult = {
  description: string
  messages: { role: 'user'; content: { type: 'text'; text: string } }[]
}

/**
 * Fills in the text of a prompt for one org. Refuses as the tool of the prompt would: wrong arguments, an org that the
 * caller is not a member of, a role that may not do the job. Calls `noteOrg` with the org before it checks the
 * role, so that a refusal is in the log of the org, as that of a tool.
 */
export async function getPrompt(
  { tool, input, description, text }: Prompt,
  args: unknown,
  context: Context,
  noteOrg: (org: Access) => void,
): Promise<PromptResult> {
  const parsed = parseInput(input, withoutEmpty(args))
  const org = await orgOfCall(context, parsed['org'])
  noteOrg(org)
  assertMayUse(org, needOf(tool))
  const content = { type: 'text', text: text(parsed, org.slug).trim() } as const
  return { description, messages: [{ role: 'user', content }] }
}

/** A form of a client sends '' for an argument that was left out. */
function withoutEmpty(args: unknown): unknown {
  if (typeof args !== 'object' || args === null) return args
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== ''))
}
