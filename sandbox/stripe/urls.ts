import { invalidRequest } from './errors.ts'

/** A URL that a browser may be sent to, as it was given; anything else is a 400. */
export function webUrl(param: string, url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw invalidRequest('url_invalid', 'Not a URL that a browser can be sent to.', { param })
}
