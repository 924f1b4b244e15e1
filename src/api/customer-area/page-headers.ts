import type { FastifyInstance, FastifyReply } from 'fastify'

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
/** Our script makes no markup and no code from texts, so nothing on its pages may. */
const OUR_SCRIPT = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
/** Pages use none of these. By default a browser already denies the features that are not in this list. */
const FEATURES =
  'camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()'
/** Clients open these pages in a popup and need `window.opener`. */
const POPUPS = /^\/(oauth|connect|sign-in)(?=[/?#]|$)/
const TWO_YEARS_S = 63_072_000

/**
 * The headers of every page: no resource of other sites, no frame, no cache. They forbid scripts, except our own file on a
 * page with a code block. Inline scripts never run.
 */
export function setPageHeaders(reply: FastifyReply, { hasScript }: { hasScript: boolean }): FastifyReply {
  if (!POPUPS.test(reply.request.url)) reply.header('cross-origin-opener-policy', 'same-origin')
  return reply
    .header('content-security-policy', hasScript ? `${POLICY}; ${OUR_SCRIPT}` : POLICY)
    .header('permissions-policy', FEATURES)
    .header('referrer-policy', 'same-origin')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
}

/** Of every answer, of any door: a browser takes it for nothing but its type, and no other site embeds it. */
export const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

export function setCommonHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(COMMON_HEADERS)
    done()
  })
}

/** After one visit, a browser uses only https for this site. A market without https does not send this header. */
export function requireHttps(app: FastifyInstance, publicUrl: string): void {
  if (new URL(publicUrl).protocol !== 'https:') return
  app.addHook('onRequest', (_, reply, done) => {
    reply.header('strict-transport-security', `max-age=${TWO_YEARS_S}`)
    done()
  })
}
