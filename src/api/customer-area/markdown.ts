import MarkdownIt, { type Token } from 'markdown-it'
import { html, type Html } from './html.ts'
import { outlined } from './markdown-headings.ts'
import { linkRules, linksOf } from './markdown-links.ts'

/** Longer texts are cut, in characters, because the time grows faster than the text. */
export const MARKDOWN_READ = 64 * 1024
/** A short text can make a long page, such as a table with thousands of empty cells. In characters of HTML. */
const MOST_HTML = 512 * 1024

/** Controls, bidi overrides, tags, private and unassigned characters; not the joiners of emoji and of Persian. */
const INVISIBLE = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu

// raw HTML is shown as text
const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: 20 })
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
// shows a host as browsers send it
parser.normalizeLinkText = (url) => url

const codeRule = (tokens: readonly Token[], i: number) =>
  html`<pre><code>${tokens[i]?.content}</code></pre>`.markup
/** `info`: the name of the table. */
const tableRule = (tokens: readonly Token[], i: number) => {
  const name = html`${tokens[i]?.info}`.markup
  return `<div class="wide" role="region" aria-label="${name}" tabindex="0"><table><caption class="visually-hidden">${name}</caption>`
}

Object.assign(parser.renderer.rules, linkRules, {
  fence: codeRule,
  code_block: codeRule,
  table_open: tableRule,
  table_close: () => '</table></div>',
})

/**
 * Renders Markdown of a stranger. Its headings begin with the level `top`, below ours. Its links lead to other sites, or
 * to its own headings. An image becomes a link, and raw HTML becomes text. It cannot choose any attribute, id or class.
 * Cuts a text after `MARKDOWN_READ` characters and says so.
 */
export function markdown(text: string, { top = 3 }: { top?: 2 | 3 } = {}): Html {
  const isCut = text.length > MARKDOWN_READ
  const begin = isCut ? text.slice(0, text.lastIndexOf('\n', MARKDOWN_READ) + 1 || MARKDOWN_READ) : text
  return html`<div class="markdown">${rendered(visible(begin), top)}</div>
    ${isCut && html`<p class="small">This is only the beginning, because the text is very long.</p>`}`
}

const visible = (text: string): string => text.replaceAll(/\r\n?/g, '\n').replaceAll(INVISIBLE, '')

function rendered(text: string, top: number): Html {
  const tokens = parser.parse(text, {})
  const env = { links: linksOf(outlined(tokens, top)) }
  tokens.filter(({ type }) => type === 'table_open').forEach((token, i) => (token.info = `Table ${i + 1}`))
  for (const token of tokens) if (token.type === 'td_open' || token.type === 'th_open') cellOf(token)
  const markup = parser.renderer.render(tokens, parser.options, env)
  return markup.length > MOST_HTML ? html`<pre>${text}</pre>` : { markup }
}

/** Aligns by a class, because the policy of our pages forbids `style`. */
function cellOf(cell: Token): void {
  const isRight = cell.attrGet('style') === 'text-align:right'
  cell.attrs = cell.tag === 'th' ? [['scope', 'col']] : []
  if (isRight) cell.attrs.push(['class', 'number'])
}
