/** A page as a person sees it, with the forms that can be sent. */
export interface BrowserPage {
  url: string
  status: number
  body: string
}

/** The URL outside our site to which the browser was sent, as at the end of a consent. */
export interface Left {
  left: URL
}

interface Cookie {
  name: string
  value: string
  path: string
}

const MOST_HOPS = 15

/**
 * A browser without a window: it keeps cookies by path, follows redirects and `<meta http-equiv="refresh">`, and sends
 * forms. It stops when a page leads to another origin, and returns that URL.
 */
export function scriptedBrowser(origin: string, headers: Record<string, string> = {}) {
  const jar: Cookie[] = []

  async function open(to: string, form?: URLSearchParams): Promise<BrowserPage | Left> {
    let url = new URL(to, origin)
    let body = form
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      if (url.origin !== origin) return { left: url }
      const answer = await request(url, body)
      const text = await answer.text()
      const next = answer.headers.get('location') ?? refreshIn(text)
      if (!next) return { url: url.href, status: answer.status, body: text }
      url = new URL(next, url)
      body = undefined
    }
    throw new Error(`the site redirects too often, at last to ${url.pathname}`)
  }

  async function request(url: URL, form: URLSearchParams | undefined): Promise<Response> {
    const cookie = cookiesFor(url.pathname)
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...headers,
        ...(cookie && { cookie }),
        ...(form && { 'sec-fetch-site': 'same-origin' }),
      },
      ...(form && { body: form }),
    })
    for (const line of answer.headers.getSetCookie()) keep(line, url)
    return answer
  }

  const cookiesFor = (path: string) =>
    jar
      .filter((cookie) => isBelow(path, cookie.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')

  function keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const named = (name: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
    const at = pair.indexOf('=')
    const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path: named('path') ?? url.pathname }
    const old = jar.findIndex(({ name, path }) => name === cookie.name && path === cookie.path)
    if (old >= 0) jar.splice(old, 1)
    const expires = named('expires')
    const isOver = named('max-age') === '0' || (expires && Date.parse(expires) <= Date.now())
    if (!isOver) jar.push(cookie)
  }

  return {
    /** The `Cookie` header for a path. */
    cookiesFor,
    open: (to: string) => open(to),
    hasForm: (page: BrowserPage, action: string | RegExp) => formIn(page.body, action) !== undefined,
    /** Sends the form with this action. Fields that are not given keep their values; `undefined` leaves one out. */
    submit(page: BrowserPage, action: string | RegExp, given: Fields = {}): Promise<BrowserPage | Left> {
      const form = formIn(page.body, action)
      if (!form) throw new Error(`${page.url} has no form ${action}; it says: ${wordsIn(page.body)}`)
      const fields = form.fields.filter(([name]) => !(name in given))
      const more = Object.entries(given).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      )
      return open(form.action, new URLSearchParams([...fields, ...more]))
    },
  }
}

export type ScriptedBrowser = ReturnType<typeof scriptedBrowser>
export type Fields = Record<string, string | string[] | undefined>

/** The words of a page, for an error message. */
export const wordsIn = (body: string): string =>
  textOf(body.replace(/<head>[\s\S]*<\/head>/, ''))
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 500)

const textOf = (markup: string) => decoded(markup.replaceAll(/<[^>]*>/g, ' '))

/** The fields that a browser would send: inputs, ticked boxes, the selected option. */
function formIn(body: string, action: string | RegExp) {
  for (const [, attributes = '', inside = ''] of body.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
    const to = attributeOf(attributes, 'action')
    if (to === undefined || !(typeof action === 'string' ? to === action : action.test(to))) continue
    return { action: to, fields: [...inputsIn(inside), ...selectsIn(inside)] }
  }
  return undefined
}

function inputsIn(markup: string): [string, string][] {
  return [...markup.matchAll(/<input\b([^>]*)>/g)].flatMap(([, attributes = '']): [string, string][] => {
    const name = attributeOf(attributes, 'name')
    const isBox = /type="(?:checkbox|radio)"/.test(attributes)
    if (!name || /\bdisabled\b/.test(attributes) || (isBox && !/\bchecked\b/.test(attributes))) return []
    return [[name, attributeOf(attributes, 'value') ?? (isBox ? 'on' : '')]]
  })
}

function selectsIn(markup: string): [string, string][] {
  return [...markup.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)].map(
    ([, attributes = '', options = '']) => {
      const selected = /<option\b([^>]*\bselected\b[^>]*)>/.exec(options) ?? /<option\b([^>]*)>/.exec(options)
      return [attributeOf(attributes, 'name') ?? '', attributeOf(selected?.[1] ?? '', 'value') ?? '']
    },
  )
}

const refreshIn = (body: string): string | undefined => {
  const [, to] = /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(body) ?? []
  return to === undefined ? undefined : decoded(to)
}

function attributeOf(attributes: string, name: string): string | undefined {
  const [, value] = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes) ?? []
  return value === undefined ? undefined : decoded(value)
}

const decoded = (text: string) =>
  text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')

const isBelow = (path: string, folder: string) =>
  folder === '/' || path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
