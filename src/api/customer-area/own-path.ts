const MAX_LENGTH = 2_000
/** Browsers read `\` as `/`, and remove tabs and line ends before they parse. */
const PATH = /^\/(?![/\\])[^\\\p{Cc}]*$/u
/** The token of a share, or of an invite; the id of an invite is no secret. */
const SECRET_PATH = /^\/(?:share\/|invites\/(?!inv_\w{26}(?:[/?#]|$)))/
const BASE = 'http://here.invalid'

/** Returns a path on our site with its query, for a `Location` header. Returns `/` when it could lead to another site. */
export function ownPath(given: unknown): string {
  if (typeof given !== 'string' || given.length > MAX_LENGTH || !PATH.test(given)) return '/'
  const url = URL.parse(given, BASE)
  const path = url?.origin === BASE ? `${url.pathname}${url.search}${url.hash}` : '/'
  // `/.//other.example` is a path, and the URL parser turns it into `//other.example`
  return path.startsWith('//') ? '/' : path
}

/** A path that may be stored: the path of a single-use link is a secret. */
export const storablePath = (path: string): string => (SECRET_PATH.test(path) ? '/account' : path)
