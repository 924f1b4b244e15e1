import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A font file that we serve ourselves. Its path changes with its content. */
export interface Font {
  family: string
  /** Lowest and highest weight. */
  weights: string
  path: string
  file: Buffer
}

/** The characters of the files, as their package states them. Other characters come from the visitor's system. */
const LATIN =
  'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD'

const font = (name: string, url: string, about: Pick<Font, 'family' | 'weights'>): Font => {
  const file = readFileSync(new URL(url))
  const digest = createHash('sha256').update(file).digest('hex').slice(0, 12)
  return { ...about, file, path: `/assets/${name}-${digest}.woff2` }
}

export const TEXT_FONT = font(
  'inter',
  import.meta.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'),
  { family: 'Inter Variable', weights: '100 900' },
)

export const CODE_FONT = font(
  'jetbrains-mono',
  import.meta.resolve('@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2'),
  { family: 'JetBrains Mono Variable', weights: '100 800' },
)

const faceOf = ({ family, weights, path }: Font): string =>
  `@font-face{font-family:'${family}';font-weight:${weights};font-display:swap;src:url(${path}) format('woff2');unicode-range:${LATIN}}`

// Arial with the metrics of Inter, so that the text does not move when the font arrives
const FALLBACK = `@font-face{font-family:'Inter Fallback';src:local('Arial'),local('Liberation Sans');ascent-override:90.44%;descent-override:22.52%;line-gap-override:0%;size-adjust:107.12%}`

export const FONTS_CSS = [faceOf(TEXT_FONT), faceOf(CODE_FONT), FALLBACK].join('\n')
