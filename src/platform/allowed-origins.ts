import { isOrigin } from './setting-formats.ts'

/** A host name without a port, for every port and scheme. */
const HOST = /^(\[[\da-f:]+\]|[a-z\d]([a-z\d.-]*[a-z\d])?)$/i
/** Every host of a scheme that is not of the web, such as `vscode-webview://*`. */
const SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/\*$/i

/** What ALLOWED_ORIGINS may list. */
export const isOriginRule = (text: string): boolean => isOrigin(text) || HOST.test(text) || SCHEME.test(text)

/** Returns whether a page of this origin, as in the header `Origin`, is allowed by one of the rules. */
export function isAllowedOrigin(origin: string, rules: readonly string[]): boolean {
  const url = URL.parse(origin)
  if (!url?.host) return false
  const { protocol, hostname } = url
  return rules.some((rule) => [origin, hostname, `${protocol}//*`].includes(rule))
}
