import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { View } from './view.ts'

/** How our pages look, so that a view looks the same. Colours are `#rrggbb` by the name of their token. */
export interface Look {
  light: Readonly<Record<string, string>>
  dark: Readonly<Record<string, string>>
  /** The mark as a whole SVG file. */
  mark: string
}

export interface PageOptions {
  look: Look
  /** The only address that a view asks the host to open. */
  publicUrl: string
  version: string
}

/** The modules of each view, in the order in which they need each other. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  quote: ['host', 'elements', 'quote', 'show-quote'],
  operation: ['host', 'elements', 'quote', 'results', 'progress', 'show-operation'],
  licences: ['host', 'elements', 'show-licences'],
}

/**
 * The whole page of a view: one file that loads nothing. Its own policy allows only the style and the script in it, also
 * in a host that sets none.
 */
export function pageOf({ name, title }: View, { look, publicUrl, version }: PageOptions): string {
  const css = tokens(look) + compact(read('view.css'))
  const script = (MODULES[name] ?? []).map((module) => asScript(read(`browser/${module}.js`))).join('\n')
  const policy = `default-src 'none'; style-src ${hashOf(css)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="market" content="${escaped(new URL(publicUrl).origin)}">
<meta name="version" content="${escaped(version)}">
<title>${escaped(title)}</title>
<style>${css}</style>
</head>
<body>
<main id="view" aria-live="polite"></main>
<script type="module">${script}</script>
</body>
</html>
`
}

const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8')

/** Each colour for light and dark. The scheme of the page decides, and the host may set it. */
const tokens = ({ light, dark }: Look): string =>
  `:root{color-scheme:light dark;${Object.entries(light)
    .map(([token, colour]) => `--${token}:light-dark(${colour},${dark[token] ?? colour});`)
    .join('')}}`

const compact = (css: string): string =>
  css
    .replaceAll(/\/\*[^*]*\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .trim()

/** A module without its comments, imports and exports: all modules of a view are one script. */
const asScript = (module: string): string =>
  module
    .replaceAll(/^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)\n/gm, '')
    .replaceAll(/^import [^']*'[^']*'\n/gm, '')
    .replaceAll(/^export /gm, '')
    .trim()

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const escaped = (text: string): string =>
  text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
