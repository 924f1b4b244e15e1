import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { CODE_FONT, FONTS_CSS, TEXT_FONT } from './fonts.ts'
import { FAVICON } from './mark.ts'
import { COPY_SCRIPT } from './script.ts'
import { TOKENS_CSS } from './tokens.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'
const A_DAY = 'public, max-age=86400'

const sheet = (name: string): string => readFileSync(path.join(import.meta.dirname, `${name}.css`), 'utf8')

/** Without comments, line ends and indents. */
const smaller = (css: string): string =>
  css
    .replaceAll(/\/\*[^*]*\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .trim()

const CSS = [FONTS_CSS, TOKENS_CSS, smaller(['base', 'shell', 'components'].map(sheet).join('\n'))].join('\n')

/** The path changes with the content, so browsers may cache it for ever. */
export const STYLESHEET = {
  path: `/assets/style-${createHash('sha256').update(CSS).digest('hex').slice(0, 12)}.css`,
  css: CSS,
}

/** Stylesheet, script, fonts and favicon. They are outside the scope of the pages, because they are the same for everybody. */
export async function assetRoutes(app: FastifyInstance): Promise<void> {
  const serve = (url: string, type: string, content: string | Buffer, cache = FOR_EVER) =>
    app.get(url, async (_, reply: FastifyReply) =>
      reply
        .type(type)
        .header('cache-control', cache)
        .header('x-content-type-options', 'nosniff')
        .send(content),
    )
  serve(STYLESHEET.path, 'text/css; charset=utf-8', STYLESHEET.css)
  serve(COPY_SCRIPT.path, 'text/javascript; charset=utf-8', COPY_SCRIPT.js)
  for (const { path: url, file } of [TEXT_FONT, CODE_FONT]) serve(url, 'font/woff2', file)
  // browsers request /favicon.ico without a link, and accept the SVG for it
  for (const url of ['/favicon.svg', '/favicon.ico']) serve(url, 'image/svg+xml', FAVICON, A_DAY)
}
