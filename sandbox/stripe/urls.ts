import { invalidRequest } from './errors.ts'

/** Returns a URL that a browser can open, unchanged. Refuses anything else with 400. */
export function webUrl(param: string, url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw invalidRequest('url_invalid', 'Not a URL that a browser can be sent to.', { param })
}
