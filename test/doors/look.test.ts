import { brotliCompressSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Colours,
  DARK,
  LIGHT,
  MIXTURES,
  type Mixture,
} from '../../src/api/customer-area/style/tokens.ts'
import { aMarket } from '../support/a-market.ts'
import { type Answered, aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const KB = 1024

type Rgb = readonly number[]
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))

/** Like CSS `color-mix(in srgb, …)`. */
const mixed = (colours: Colours, [top, percent, bottom]: Mixture): Rgb =>
  rgb(colours[top]).map(
    (part, i) => (part * percent + (rgb(colours[bottom])[i] ?? 0) * (100 - percent)) / 100,
  )

const colourOf = (colours: Colours, name: string): Rgb =>
  name in MIXTURES
    ? mixed(colours, MIXTURES[name as keyof typeof MIXTURES])
    : rgb(colours[name as keyof Colours])

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: Rgb): number {
  const [r = 0, g = 0, b = 0] = colour.map((part) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: Rgb, other: Rgb): number {
  const [more = 0, less = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (more + 0.05) / (less + 0.05)
}

const GROUNDS = ['paper', 'surface', 'raised', 'sunken']
const TINTS = ['good-tint', 'warn-tint', 'bad-tint']
/** Text → the backgrounds that it appears on. */
const PAIRS: Record<string, string[]> = {
  ink: [...GROUNDS, ...TINTS, 'accent-tint'],
  muted: [...GROUNDS, 'warn-tint'],
  accent: [...GROUNDS, 'accent-tint'],
  good: [...GROUNDS, 'good-tint'],
  warn: [...GROUNDS, 'warn-tint'],
  bad: [...GROUNDS, 'bad-tint'],
  'on-accent': ['accent', 'accent-hover'],
}

describe.for([
  ['light', LIGHT],
  ['dark', DARK],
] as const)('the %s colours', ([, colours]) => {
  const pairs = Object.entries(PAIRS).flatMap(([text, grounds]) =>
    grounds.map((ground) => [text, ground] as const),
  )

  test.for(pairs)('text in %s on %s has a contrast of at least 4.5', ([text, ground]) => {
    expect(contrast(colourOf(colours, text), colourOf(colours, ground))).toBeGreaterThanOrEqual(4.5)
  })

  test.for(['edge', 'accent', 'bad'])('a border in %s has a contrast of at least 3', (border) => {
    for (const ground of ['paper', 'surface', 'raised'])
      expect(contrast(colourOf(colours, border), colourOf(colours, ground))).toBeGreaterThanOrEqual(3)
  })
})

test('the check of contrast computes the same ratios as the examples of the standard', () => {
  expect(contrast(rgb('#000000'), rgb('#ffffff'))).toBeCloseTo(21)
  expect(contrast(rgb('#777777'), rgb('#ffffff'))).toBeCloseTo(4.48, 1)
  expect(mixed(LIGHT, ['ink', 50, 'surface'])).toEqual([141.5, 141, 143.5])
})

describe('what a browser loads', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: FastifyInstance
  beforeAll(async () => {
    database = await aDatabase('market')
    await aMarket(database.db)
    ;({ app } = await anApp(database.db))
  })
  afterAll(async () => {
    await app.close()
    await database.close()
  })

  const get = (url: string) => app.inject({ url, headers: { host: 'market.example' } })
  const stylesheetOf = async (page: Answered) =>
    get(/<link rel="stylesheet" href="([^"]+)"/.exec(page.body)?.[1] ?? '')
  const fontsOf = (css: string) => [...css.matchAll(/url\(([^)]+\.woff2)\)/g)].map(([, url = '']) => url)

  test.for(['/', '/packages/northwind/suite', '/sign-in', '/account', '/account/payment-methods', '/docs'])(
    'the page %s and its stylesheet are smaller than 60 KB, and its fonts smaller than 120 KB',
    async (url) => {
      const bea = aVisitor(app)
      await bea.signIn('buyer')
      const page = await bea.get(url)
      const css = await stylesheetOf(page)

      const fonts = await Promise.all(fontsOf(css.body).map(get))

      expect(page.statusCode).toBe(200)
      expect(page.rawPayload.length + css.rawPayload.length).toBeLessThan(60 * KB)
      expect(fonts.reduce((sum, { rawPayload }) => sum + rawPayload.length, 0)).toBeLessThan(120 * KB)
    },
  )

  test('fonts come from our own address, are named by their content and may be cached for ever', async () => {
    const page = (await get('/')) as Answered
    const css = await stylesheetOf(page)
    const urls = fontsOf(css.body)

    expect(urls).toEqual([
      expect.stringMatching(/^\/assets\/inter-[0-9a-f]{12}\.woff2$/),
      expect.stringMatching(/^\/assets\/jetbrains-mono-[0-9a-f]{12}\.woff2$/),
    ])
    expect(css.body).not.toMatch(/https?:|@import/)
    for (const url of urls) {
      const { statusCode, headers, rawPayload } = await get(url)
      expect(statusCode).toBe(200)
      expect(headers).toMatchObject({
        'content-type': 'font/woff2',
        'cache-control': expect.stringContaining('immutable'),
      })
      expect(rawPayload.subarray(0, 4).toString()).toBe('wOF2')
    }
    expect(
      [...page.body.matchAll(/rel="preload" as="font"[^>]*href="([^"]+)"/g)].map(([, url]) => url),
    ).toEqual([urls[0]])
  })

  test.for(['/favicon.svg', '/favicon.ico'])('the icon %s is our mark as an SVG', async (url) => {
    const { statusCode, headers, body } = await get(url)

    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('image/svg+xml')
    expect(body).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>$/s)
    expect(brotliCompressSync(body).length).toBeLessThan(KB)
  })
})
