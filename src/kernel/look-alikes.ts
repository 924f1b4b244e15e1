/**
 * Names that people read must not look like other names. Both rules follow Unicode TS 39,
 * https://www.unicode.org/reports/tr39/: no word mixes alphabets, and names are compared by how they look.
 */

/** Alphabets with letters that look like letters of another alphabet. */
const ALPHABETS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Lisu']
/** Signs of no alphabet, and the scripts of East Asia, whose names also use Latin letters. */
const BESIDE_ALL = ['Common', 'Inherited', 'Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo']

const scripts = (names: readonly string[]) => names.map((name) => `\\p{Script=${name}}`).join('')
const MIXES = ALPHABETS.map((alphabet) => ({
  own: new RegExp(`[${scripts([alphabet])}]`, 'v'),
  other: new RegExp(`[\\p{L}--[${scripts([alphabet, ...BESIDE_ALL])}]]`, 'v'),
}))

/** Characters that show nothing, such as joiners and U+3164. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gv

/** Whether a word has letters of two alphabets, such as Latin with one Cyrillic letter. */
export const mixesAlphabets = (text: string): boolean =>
  text
    .replaceAll(INVISIBLE, '')
    .split(/[^\p{L}\p{M}\p{N}]+/v)
    .some((word) => MIXES.some(({ own, other }) => own.test(word) && other.test(word)))

export const MIXED_ALPHABETS = 'A word of the name has letters of two alphabets, such as Latin and Cyrillic.'

/**
 * What looks like each letter: of Latin, Cyrillic, Greek, Lisu, in which whole Latin words can be written. A capital is
 * here only when its small letter looks different.
 */
const LOOKS = {
  a: 'ɑᴀ а α ꓮ',
  b: 'ʙ ьв β ꓐ',
  c: 'ᴄ с ς ꓚ',
  d: 'ᴅđ ԁ δ ꓓ',
  e: 'ᴇ еє ε ꓰ',
  f: 'ꜰ ꓝ',
  g: 'ɡɢ ԍ ꓖ',
  h: 'ʜħ һн Η ꓧ',
  j: 'ᴊȷ ј ϳ ꓙ',
  k: 'ᴋ к κ ꓗ',
  l: '1iıɪɩʟł іӏ ι ꓲꓡ',
  m: 'ᴍ м Μ ꓟ',
  n: 'ɴ п ηΝ ꓠ',
  o: '0ᴏø о οσ ꓳ',
  p: 'ᴘ р ρ ꓑ',
  q: 'ꞯ ԛ',
  r: 'ʀ г ꓣ',
  s: 'ꜱ ѕ ꓢ',
  t: 'ᴛŧ т τ ꓔ',
  u: 'ᴜ цџ υμ ꓴ',
  v: 'ᴠ ѵ ν ꓦ',
  w: 'ᴡ ԝѡ ω ꓪ',
  x: 'х χ ꓫ',
  y: 'ʏ уү γΥ ꓬ',
  z: 'ᴢ Ζ ꓜ',
}
const LOOK = new Map(
  Object.entries(LOOKS).flatMap(([letter, like]) =>
    Array.from(like.replaceAll(' ', ''), (each) => [each, letter] as const),
  ),
)

/**
 * Two names with the same result look alike. Case, accents and width do not count, `rn` looks like m, and l, i and 1
 * look alike. The result is for comparisons, not to be shown.
 */
export const looksOf = (text: string): string =>
  Array.from(text.normalize('NFKD').replaceAll(INVISIBLE, '').replaceAll(/\p{M}/gv, ''), lookOf)
    .join('')
    .replaceAll('rn', 'm')

function lookOf(sign: string): string {
  const small = sign.toLowerCase()
  return LOOK.get(sign) ?? LOOK.get(small) ?? inBox(sign) ?? small
}

/** First code points of the enclosed capitals (circled, boxed) and of the letters of flags. */
const BOXES = [0x1f150, 0x1f170, 0x1f1e6]

function inBox(sign: string): string | undefined {
  const code = sign.codePointAt(0) ?? 0
  const first = BOXES.find((each) => code >= each && code < each + 26)
  return first === undefined ? undefined : lookOf(String.fromCodePoint(0x41 + code - first))
}
