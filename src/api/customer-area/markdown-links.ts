import type { Env, Renderer, RendererRule, Token } from 'markdown-it'
import { html } from './html.ts'

/** The limit of all links of a text together, in characters: a text can name one target thousands of times. */
const MOST_OF_LINKS = 256 * 1024
const LONGEST_LINK = 2_000
/** What readers do not see, such as the joiners. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu
/** A text that readers take for an address. */
const ADDRESS = /[\p{L}\p{N}]\.\p{L}{2,}|:\/\//u

/** The state of the links while a text is rendered. */
interface Links {
  /** What a link may lead to. Undefined for everything else, such as a file of the repository. */
  targetOf: (href: string | number | null | undefined) => string | undefined
  /** The markup that ends the link in which the renderer is. */
  end: string | undefined
}

/** `ids`: the ids of the headings; the keys are the names that the text uses. */
export function linksOf(ids: ReadonlyMap<string, string>): Links {
  let left = MOST_OF_LINKS
  return {
    targetOf(given) {
      const href = String(given ?? '')
      const target = href.startsWith('#') ? ownHeading(href.slice(1), ids) : otherSite(href)
      left -= target?.length ?? 0
      return left > 0 ? target : undefined
    },
    end: undefined,
  }
}

function ownHeading(encoded: string, ids: ReadonlyMap<string, string>): string | undefined {
  try {
    const id = ids.get(decodeURIComponent(encoded).toLowerCase())
    return id && `#${id}`
  } catch {
    return undefined // not UTF-8
  }
}

function otherSite(href: string): string | undefined {
  const url = href.length > LONGEST_LINK ? null : URL.parse(href)
  if (url?.protocol === 'mailto:') return `mailto:${url.pathname}`
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  // a user name in a URL is usually meant to look like the host
  return isWeb && !url.username && !url.password ? url.href : undefined
}

const linksIn = (env: Env | undefined): Links => (env as { links: Links }).links

export const linkRules: Record<'link_open' | 'link_close' | 'image', RendererRule> = {
  link_open(tokens, i, _, env) {
    const links = linksIn(env)
    const target = links.targetOf(tokens[i]?.attrGet('href'))
    links.end = target === undefined ? '' : `</a>${hostOf(target, textAfter(tokens, i))}`
    return target === undefined ? '' : opened(target)
  },
  link_close(_, __, ___, env) {
    const links = linksIn(env)
    const { end } = links
    links.end = undefined
    return end ?? ''
  },
  image(tokens, i, options, env, renderer: Renderer) {
    const [links, token] = [linksIn(env), tokens[i]]
    const alt = renderer.renderInlineAsText(token?.children ?? [], options, env)
    if (links.end !== undefined) return escaped(alt || 'Image')
    const target = links.targetOf(token?.attrGet('src'))
    const text = escaped(alt ? `Image: ${alt}` : 'Image')
    return target === undefined ? alt && text : `${opened(target)}${text}</a>`
  },
}

const escaped = (text: string): string => html`${text}`.markup

const opened = (target: string): string =>
  `<a href="${escaped(target)}"${target.startsWith('#') ? '' : ' rel="nofollow noopener"'}>`

/** The text of the link that begins at `i`. */
function textAfter(tokens: readonly Token[], i: number): string {
  let text = ''
  for (let at = i + 1; at < tokens.length && tokens[at]?.type !== 'link_close'; at += 1)
    text += tokens[at]?.content ?? ''
  return text
}

/** The host of a link whose text looks like another address. */
function hostOf(target: string, written: string): string {
  const text = written.replaceAll(UNSEEN, '')
  if (!ADDRESS.test(text) || !/^https?:/.test(target)) return ''
  const { host } = new URL(target)
  const shown = text.trim().replace(/^https?:\/\//i, '')
  const rest = shown.toLowerCase().startsWith(host) ? shown.slice(host.length) : undefined
  return rest !== undefined && /^(?:$|[/?#])/.test(rest)
    ? ''
    : ` ${html`<span class="small">(${host})</span>`.markup}`
}
