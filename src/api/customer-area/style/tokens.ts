/** The colours of one scheme, as #rrggbb. Every rule of the stylesheet uses these and their mixtures. */
export interface Colours {
  /** Background of the page. */
  paper: string
  /** Background of a table, a form or the bars. */
  surface: string
  /** Background of a card or an open menu. */
  raised: string
  /** Text. */
  ink: string
  /** Secondary text. */
  muted: string
  line: string
  /** Actions and links. */
  accent: string
  'on-accent': string
  good: string
  warn: string
  bad: string
}

export const LIGHT: Colours = {
  paper: '#faf9f7',
  surface: '#ffffff',
  raised: '#ffffff',
  ink: '#1c1b20',
  muted: '#5f5d68',
  line: '#e4e1da',
  accent: '#b8400e',
  'on-accent': '#ffffff',
  good: '#15713a',
  warn: '#92560a',
  bad: '#b42318',
}

export const DARK: Colours = {
  paper: '#121116',
  surface: '#1a1920',
  raised: '#22212a',
  ink: '#f1efea',
  muted: '#a5a2ae',
  line: '#302e39',
  accent: '#ff9a5c',
  'on-accent': '#1c1b20',
  good: '#5fce8a',
  warn: '#f0b35a',
  bad: '#ff8d80',
}

/** A colour that is a share of one token over another: `[top, percent, bottom]`. */
export type Mixture = readonly [top: keyof Colours, percent: number, bottom: keyof Colours]

/** Opaque, so that the contrast of text on them can be computed. */
export const MIXTURES = {
  /** Background of code, of the head of a table, and of the element under the pointer. */
  sunken: ['ink', 5, 'surface'],
  'good-tint': ['good', 10, 'surface'],
  'warn-tint': ['warn', 10, 'surface'],
  'bad-tint': ['bad', 10, 'surface'],
  'accent-tint': ['accent', 10, 'surface'],
  'accent-hover': ['accent', 88, 'ink'],
  'bad-hover': ['bad', 88, 'ink'],
  /** Border of a field or a quiet button. */
  edge: ['muted', 72, 'surface'],
} as const satisfies Record<string, Mixture>

const declarations = (colours: Colours): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join('')

const mixtures = Object.entries(MIXTURES)
  .map(
    ([name, [top, percent, bottom]]) =>
      `--${name}:color-mix(in srgb,var(--${top}) ${percent}%,var(--${bottom}));`,
  )
  .join('')

/** The tokens as custom properties: light, and dark when the visitor's system is dark. */
export const TOKENS_CSS = `:root{color-scheme:light dark;${declarations(LIGHT)}${mixtures}}
@media (prefers-color-scheme:dark){:root{${declarations(DARK)}}}`
