import type { McpServer } from '@modelcontextprotocol/server'
import { pageOf, type PageOptions } from '../views/page.ts'
import { VIEW_META, VIEW_TYPE, type View, VIEWS } from '../views/view.ts'

interface Page extends View {
  html: string
}

/** The pages of all views. Made at the start, so that a broken view stops the start. */
export const pagesOf = (options: PageOptions): readonly Page[] =>
  VIEWS.map((view) => ({ ...view, html: pageOf(view, options) }))

/** A view changes only with a release, and an older one still shows newer answers. */
const AN_HOUR = { ttlMs: 3_600_000, cacheScope: 'private' } as const

/** Serves views as resources. */
export function serveViews(server: McpServer, pages: readonly Page[]): void {
  const _meta = { ui: VIEW_META }
  for (const { uri, name, title, description, html } of pages) {
    const config = { title, description, mimeType: VIEW_TYPE, _meta, cacheHint: AN_HOUR }
    const contents = [{ uri, mimeType: VIEW_TYPE, text: html, _meta }]
    server.registerResource(name, uri, config, async () => ({ contents }))
  }
}
