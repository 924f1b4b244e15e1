const LONGEST = 2_000
/** Browsers read `\` as `/`, and drop tabs and line ends before they look. */
const PATH = /^\/(?![/\\])[^\\\p{Cc}]*$/u
const BASE = 'http://here.invalid'

/** A path of ours with its query, ready for a `Location`; `/` for everything that could lead elsewhere. */
export function ownPath(given: unknown): string {
  if (typeof given !== 'string' || given.length > LONGEST || !PATH.test(given)) return '/'
  const url = URL.parse(given, BASE)
  const path = url?.origin === BASE ? `${url.pathname}${url.search}${url.hash}` : '/'
  // `/.//other.example` is a path until it is written without its dot
  return path.startsWith('//') ? '/' : path
}
