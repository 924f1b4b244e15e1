import type { FastifyInstance } from 'fastify'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'

export interface VisitorWanted {
  /** Default: the host of `anApp`. */
  host?: string
  /** Default: a new address, because sign-ins are limited by address. */
  ip?: string
}

type Headers = Record<string, string>
export type Answered = Awaited<ReturnType<FastifyInstance['inject']>>

/** A person with a browser that keeps cookies and submits the forms of pages, over injected requests. */
export interface Visitor {
  get: (url: string, headers?: Headers) => Promise<Answered>
  /** Submits a form of the last page. A list is sent as one field after another. The field `_csrf` replaces the token; `undefined` removes it. */
  post: (
    url: string,
    fields?: Record<string, string | readonly string[] | undefined>,
    headers?: Headers,
  ) => Promise<Answered>
  /** Signs in; `buyer` means `buyer@example.test`. Returns the response, usually a redirect. */
  signIn: (name: string, password?: string) => Promise<Answered>
  /** Name → value. */
  cookies: Map<string, string>
}

const addresses = { used: 0 }

export function aVisitor(
  app: FastifyInstance,
  { host = 'market.example', ip = aNewAddress() }: VisitorWanted = {},
): Visitor {
  const cookies = new Map<string, string>()
  let csrf: string | undefined

  async function send(method: 'GET' | 'POST', url: string, headers: Headers, payload?: string) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const own = { host, accept: 'text/html', ...(cookie && { cookie }) }
    const answer = await app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: { ...own, ...headers },
      ...(payload !== undefined && { payload }),
    })
    for (const { name, value, maxAge, expires } of answer.cookies)
      if (maxAge === 0 || (expires && expires.getTime() <= Date.now())) cookies.delete(name)
      else cookies.set(name, value)
    csrf = csrfIn(answer.body) ?? csrf
    return answer
  }

  const visitor: Visitor = {
    cookies,
    get: (url, headers = {}) => send('GET', url, headers),
    post(url, fields = {}, headers = {}) {
      const form = Object.entries({ _csrf: csrf, ...fields }).flatMap(([name, value]) =>
        [value ?? []].flat().map((each) => [name, each]),
      )
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams(form as [string, string][]).toString()
      return send('POST', url, { ...type, ...headers }, body)
    },
    async signIn(name, password = SANDBOX_PASSWORD) {
      await visitor.get('/sign-in')
      return visitor.post('/sign-in', { email: `${name}@example.test`, password })
    },
  }
  return visitor
}

/** The title and the main part of a page, without the menus, which name the visitor's own orgs. */
export const titleAndMainOf = (body: string): string =>
  (body.match(/<title>.*?<\/title>|<main.*<\/main>/gs) ?? []).join()

/** The form token in a page. */
export const csrfIn = (body: string): string | undefined => /name="_csrf" value="([^"]+)"/.exec(body)?.[1]

/** An IPv4 address that no visitor had before. */
export function aNewAddress(): string {
  addresses.used++
  return `10.0.${addresses.used >> 8}.${addresses.used & 255}`
}
