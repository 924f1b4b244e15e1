/** The two types of our answers. The SDK looks for their names, spelled like this. */
const BOTH = ['application/json', 'text/event-stream'] as const

/**
 * Returns the Accept header as the SDK reads it. In HTTP a range such as `text/*`, another case, and no header at all mean
 * both types, too, and `q=0` takes a type away (RFC 9110, 12.5.1).
 */
export function accepted(header: string | undefined): string {
  if (header === undefined) return BOTH.join(', ')
  const ranges = header.split(',').map(rangeOf)
  const named = BOTH.filter((type) => {
    const [main = ''] = type.split('/')
    // the most specific range decides
    const range = [type, `${main}/*`, '*/*']
      .map((each) => ranges.find(({ name }) => name === each))
      .find((found) => found !== undefined)
    return range?.isWanted
  })
  return named.join(', ')
}

function rangeOf(text: string): { name: string; isWanted: boolean } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  return { name, isWanted: !parameters.some((each) => /^q=0(\.0*)?$/.test(each)) }
}
