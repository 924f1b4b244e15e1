import { type Access, mayUse, type Scope } from '#domain/orgs'
import { isAboutOneOrg, needOf, scopesOf, type Tool } from '../call/tool.ts'
import type { Prompt } from '../prompts/prompt.ts'
import { uiMetaOf } from '../views/views-of-tools.ts'
import { published } from './published.ts'
import { type Authorized, callIn, listsTools } from './request.ts'
import { scopeChallenge } from './scope-challenge.ts'

/**
 * Returns the tools to register. Registering a tool costs more than answering a call, so a call gets only the tool that
 * it names, even if that is not listed. A list or a batch gets the listed tools of the path. Any other request gets
 * none.
 */
export function toolsNeeded(
  offered: readonly Tool[],
  { caller, body, orgs, toolset }: Authorized,
): readonly Tool[] {
  if (listsTools(body)) return listedTools(offered.filter(toolset.serves), caller.scopes, orgs)
  const { method, params } = callIn(body)
  return method === 'tools/call' ? offered.filter(({ name }) => name === params?.name) : []
}

/** Returns the prompts to register, by the same rule: a list gets those whose tool is listed. */
export function promptsNeeded(
  offered: readonly Prompt[],
  { caller, body, orgs, toolset }: Authorized,
): readonly Prompt[] {
  const served = offered.filter(({ tool }) => toolset.serves(tool))
  if (callIn(body).method !== 'prompts/list' && !Array.isArray(body)) return served
  return served.filter(({ tool }) => listedTools([tool], caller.scopes, orgs).length)
}

/**
 * Returns the tools that a caller may see: the scopes cover them, and the role in at least one org allows them. All orgs
 * count and not only the active one, because some clients read the list only once.
 */
function listedTools(
  offered: readonly Tool[],
  scopes: readonly Scope[],
  orgs: readonly Access[],
): readonly Tool[] {
  return offered.filter(
    (tool) =>
      scopesOf(tool).every((scope) => scopes.includes(scope)) &&
      (!isAboutOneOrg(tool) || orgs.some((org) => mayUse(org, needOf(tool)))),
  )
}

/** What the SDK needs to register a tool, made once per process: with what a host of views needs, and without. */
export function publishedAs(tool: Tool, options: Parameters<typeof scopeChallenge>[2]) {
  const { readOnly, destructive, idempotent, openWorld } = tool.hints
  const plain = {
    title: tool.title,
    description: onOneLine(tool.description),
    inputSchema: published(tool.input),
    outputSchema: published(tool.output),
    annotations: {
      readOnlyHint: readOnly,
      destructiveHint: destructive,
      idempotentHint: idempotent,
      openWorldHint: openWorld,
    },
    scopeChallenge: scopeChallenge(tool, tool.name, options),
  }
  const _meta = uiMetaOf(tool)
  return { plain, withView: _meta ? { ...plain, _meta } : plain }
}

export function onOneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}
