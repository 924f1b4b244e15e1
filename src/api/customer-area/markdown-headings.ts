import type { Token } from 'markdown-it'

/**
 * Gives the headings levels that begin with `top` and have no gap, and ids that no other element of the page has.
 * Returns the ids; the keys are the names that links of the text use.
 */
export function outlined(tokens: readonly Token[], top: number): Map<string, string> {
  const ids = new Map<string, string>()
  const nameOf = unusedNames(ids)
  const above: number[] = []
  for (const [i, token] of tokens.entries()) {
    const [text, close] = [tokens[i + 1], tokens[i + 2]]
    if (token.type !== 'heading_open' || !text || !close) continue
    const level = Number(token.tag.slice(1))
    while ((above.at(-1) ?? 0) >= level) above.pop()
    above.push(level)
    const name = nameOf(text)
    const id = `text-${name}`
    ids.set(name, id)
    token.attrs = [['id', id]]
    token.tag = close.tag = `h${Math.min(top + above.length - 1, 6)}`
  }
  return ids
}

/** The names that Git hosts give to headings: `set-up-24` for “Set up (2.4)”, `set-up-24-1` for the next one. */
function unusedNames(used: ReadonlyMap<string, string>): (heading: Token) => string {
  const counts = new Map<string, number>()
  return (heading) => {
    const wanted = simplified(heading)
    let name = wanted
    for (let count = counts.get(wanted) ?? 0; used.has(name); name = `${wanted}-${count}`) {
      count += 1
      counts.set(wanted, count)
    }
    return name
  }
}

const simplified = ({ children }: Token): string =>
  (children ?? [])
    .map(({ content }) => content)
    .join('')
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
