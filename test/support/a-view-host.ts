import path from 'node:path'
import type { Browser, FrameLocator, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { expect } from 'vitest'
import { axeViolations } from './axe.ts'

/** A host and its views have different origins, as the specification of MCP Apps demands. */
const HOST = 'http://localhost:1/'
const VIEW = 'http://127.0.0.1:1/view'

/** What the specification says a host allows a view that asks for nothing. */
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'"

export interface Shown {
  html: string
  result?: object
  theme?: 'light' | 'dark'
  cancelled?: true
  /** Default: all. */
  capabilities?: object
  /** True: the host opens no link and takes no message. */
  refuses?: true
  /** What `list_operations` answers to the view. */
  rows?: object[]
}

interface Asked {
  links: string[]
  messages: { type: string; text: string }[][]
  calls: { name: string; arguments: object }[]
  sizes: number[]
}

export interface ViewHost {
  page: Page
  view: FrameLocator
  show: (shown: Shown) => Promise<void>
  /** The rows that the host answers from now on. */
  answer: (rows: object[]) => Promise<void>
  asked: () => Promise<Asked>
  /** Every address that host and view requested, and every error of their scripts. */
  requested: string[]
  errors: string[]
  close: () => Promise<void>
}

/** A host of MCP Apps in a browser, made of the official bridge. Nothing leaves the browser. */
export async function aViewHost(browser: Browser): Promise<ViewHost> {
  const script = await bundled(path.resolve('test/support/view-host-page.mjs'))
  const context = await browser.newContext()
  const page = await context.newPage()
  const [requested, errors]: [string[], string[]] = [[], []]
  let html = ''
  await context.route('**/*', (route) => {
    const url = route.request().url()
    requested.push(url)
    if (url === HOST) return route.fulfill({ contentType: 'text/html', body: hostPage(script) })
    if (url === VIEW) {
      const headers = { 'content-security-policy': POLICY }
      return route.fulfill({ contentType: 'text/html; charset=utf-8', headers, body: html })
    }
    return route.abort()
  })
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(HOST)

  const inPage = <T>(call: string) => page.evaluate(call) as Promise<T>
  return {
    page,
    view: page.frameLocator('iframe'),
    async show({ html: shown, rows = [], ...options }) {
      html = shown
      await inPage(`window.rows = ${JSON.stringify(rows)}`)
      await inPage(`window.showView(${JSON.stringify({ address: VIEW, theme: 'light', ...options })})`)
      await page.frameLocator('iframe').locator('main > *').first().waitFor()
    },
    answer: (rows) => inPage(`window.rows = ${JSON.stringify(rows)}`),
    asked: () => inPage<Asked>('window.settled().then(() => window.asked)'),
    requested,
    errors,
    close: () => context.close(),
  }
}

const LOOKS = [
  [800, 'light'],
  [390, 'dark'],
] as const
const OTHER_LOOKS = [
  [800, 'dark'],
  [390, 'light'],
] as const
/** A folder. When it is set, a screenshot of each view is stored there. */
const shots = process.env['SCREENSHOTS']

/** Shows a view on a light desktop and on a dark phone, and checks it with axe. For screenshots also the other way round. */
export async function expectGoodView({ page, show }: ViewHost, name: string, shown: Shown): Promise<void> {
  for (const [width, theme] of [...LOOKS, ...(shots ? OTHER_LOOKS : [])]) {
    await page.setViewportSize({ width, height: 900 })
    await show({ ...shown, theme })
    if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${theme}.png`, fullPage: true })
    const frame = page.frames().at(-1)
    if (!frame) throw new Error('there is no view')
    const sideways = await frame.evaluate('document.documentElement.scrollWidth > innerWidth')
    const wrong = await axeViolations(frame, theme === 'light' ? 'all' : 'looks')
    expect([name, width, theme, sideways, wrong]).toEqual([name, width, theme, false, []])
  }
}

const hostPage = (script: string) => `<!doctype html>
<html lang="en"><title>A host</title>
<style>body { margin: 0; padding: 8px } iframe { width: 100%; border: 0 }</style>
<script type="module">${script.replaceAll('</script', String.raw`<\/script`)}</script></html>`

async function bundled(entry: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  await bundle.close()
  return output[0].code
}
