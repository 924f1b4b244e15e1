/** A page that a host shows beside an answer (MCP Apps, https://github.com/modelcontextprotocol/ext-apps). */
export interface View {
  uri: string
  name: string
  title: string
  description: string
}

const view = (name: string, title: string, description: string): View => ({
  uri: `ui://packagento/${name}`,
  name,
  title,
  description,
})

export const QUOTE = view('quote', 'Quote', 'What a purchase would cost, before a yes')
export const OPERATION = view('operation', 'Operation', 'How far an operation is, and what it waits for')
export const LICENCES = view('licences', 'Licences', 'What an org owns, and until when')
export const VIEWS: readonly View[] = [QUOTE, OPERATION, LICENCES]

/** The content type of every view. */
export const VIEW_TYPE = 'text/html;profile=mcp-app'

/** A view loads nothing and reaches nobody: the host forbids it by this. */
export const VIEW_META = {
  csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
  prefersBorder: true,
}
