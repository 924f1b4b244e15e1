import { SCOPES } from '#domain/orgs'
import { scopesOf, type Tool } from './tool.ts'

/** The tools behind one path of the endpoint. What a connection may do does not depend on the path. */
export interface Toolset {
  path: string
  serves: (tool: Tool) => boolean
}

/** The most powerful scope that a tool needs. */
const scopeOf = (tool: Tool) => SCOPES.findLast((scope) => scopesOf(tool).includes(scope))

/**
 * `/mcp` serves all tools. The other paths serve fewer tools, for a client that should see only some. A path below
 * `/mcp/x` serves the tools of one scope, and those that need only `read`.
 */
export const TOOLSETS: readonly Toolset[] = [
  { path: '/mcp', serves: () => true },
  { path: '/mcp/readonly', serves: ({ hints }) => hints.readOnly },
  ...SCOPES.filter((scope) => scope !== 'read').map((scope) => ({
    path: `/mcp/x/${scope}`,
    serves: (tool: Tool) => ['read', scope].includes(scopeOf(tool) ?? 'read'),
  })),
]
