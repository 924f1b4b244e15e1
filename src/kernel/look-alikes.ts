/**
 * Names that people read must not look like other names. Both rules follow Unicode TS 39,
 * https://www.unicode.org/reports/tr39/: no word mixes alphabets, and names are compared by how they look.
 */

/** Alphabets with letters that look like letters of another alphabet. */
const ALPHABETS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Lisu', 'Coptic']
/**
 * Signs of no alphabet, and the scripts in everyday use whose letters look different, so that names such as "ร้านABC" are
 * fine: https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts. All other scripts stand alone.
 */
const BESIDE_ALL =
  'Common Inherited Arabic Bengali Bopomofo Devanagari Ethiopic Georgian Gujarati Gurmukhi Han Hangul Hebrew Hiragana ' +
  'Kannada Katakana Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'

const scripts = (names: readonly string[]) => names.map((name) => `\\p{Script=${name}}`).join('')
const MIXES = ALPHABETS.map((alphabet) => ({
  own: new RegExp(`[${scripts([alphabet])}]`, 'v'),
  other: new RegExp(`[\\p{L}--[${scripts([alphabet, ...BESIDE_ALL.split(' ')])}]]`, 'v'),
}))

/** Characters that show nothing, such as joiners and U+3164. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gv

/** Whether a word has letters of two alphabets, such as Latin with one Cyrillic letter. */
export const mixesAlphabets = (text: string): boolean =>
  text
    .replaceAll(INVISIBLE, '')
    .split(/[^\p{L}\p{M}\p{N}]+/v)
    .some((word) => MIXES.some(({ own, other }) => own.test(word) && other.test(word)))

/** What is wrong with a name that breaks one of the rules, in words of a refusal. */
export const NAME_FAULTS = {
  mixed: 'A word of the name has letters of two alphabets, such as Latin and Cyrillic.',
  reserved: 'The name looks like a name that this market uses itself. Choose another one.',
} as const

/**
 * What looks like each letter: of Latin with the digits and all letters with hooks and strokes, which NFKD
 * keeps; of Cyrillic, Greek, Lisu and Coptic, in which whole Latin words can be written; and the round and
 * straight ones of scripts that may stand beside Latin. A capital is here only when its small letter looks different.
 */
const LOOKS = {
  a: '4ɑᴀᶏⱥɐʌ а α ꓮ ⲁ',
  b: 'ʙƀƃɓᵬᶀꞗ ьв β ꓐ ⲃ',
  c: 'ᴄƈȼɕꞓꞔ с ς ꓚ ⲥ',
  d: 'ᴅđƌȡɖɗᵭᶁᶑꟈ ԁ δ ꓓ',
  e: '3ᴇɇᶒⱸꬴɛǝ еє ε ꓰ ⲉ',
  f: 'ꜰƒᵮᶂꞙ ꓝ',
  g: '9ɡɢǥɠʛᶃꞡ ԍ ꓖ',
  h: 'ʜħɦⱨꞕɥ һн Η ꓧ ⲏ',
  j: 'ᴊȷɉʝ ј ϳ ꓙ',
  k: 'ᴋƙᶄⱪꝁꝃꝅꞣĸʞ к κ ꓗ ⲕ',
  l: '1iıɪɩʟłƚȴɨɫɬɭᴌᶅᶖⱡꝉꞎꬷꬸꬹ іӏ ι ꓲꓡ ⲓ \u05d5\u05df\u0627\u0661\u06f1',
  m: 'ᴍɱᵯᶆꬺɯ м Μ ꓟ ⲙ',
  n: 'ɴƞȵɲɳᵰᶇꞑꞥꬻŋ п ηΝ ꓠ ⲛⲡ',
  o: '0ᴏøⱺꝋꝍɵ о οσ ꓳ ⲟ \u05e1ဝഠଠ\u0665०০੦૦୦௦౦೦൦๐໐၀០',
  p: 'ᴘƥᵱᵽᶈꝑꝓꝕ р ρ ꓑ ⲣ',
  q: 'ꞯɋʠꝗꝙ ԛ ϥ',
  r: 'ʀɍɼɽɾᵲᵳᶉꞧꭆꭉɹ г ꓣ ⲅ',
  s: '5ꜱȿʂᵴᶊꞩꟊƨ ѕ ꓢ',
  t: '7ᴛŧƫƭȶʈᵵⱦʇ т τ ꓔ ⲧ',
  u: 'ᴜᶙꞹꭎꭒʉ цџ υμ ꓴ',
  v: 'ᴠʋᶌⱱⱴꝟ ѵ ν ꓦ',
  w: 'ᴡⱳ ԝѡ ω ꓪ ⲱϣ',
  x: 'ᶍꭖꭗꭘꭙ х χ ꓫ ⲭ',
  y: 'ʏƴɏỿꭚʎ уү γΥ ꓬ ⲩ',
  z: 'ᴢƶȥɀʐʑᵶᶎⱬ Ζ ꓜ ⲍ',
}
/** Signs that are read as a letter in "P@ckagento", and as a sign in "Yahoo!". */
const SIGNS = { a: '@', c: '¢', e: '€', l: '!|', s: '$', t: '+' }

const lettersBySign = (table: Readonly<Record<string, string>>) =>
  new Map(
    Object.entries(table).flatMap(([letter, like]) =>
      Array.from(like.replaceAll(' ', ''), (each) => [each, letter] as const),
    ),
  )
const LOOK = lettersBySign(LOOKS)
const SIGN = lettersBySign(SIGNS)

/**
 * Two names with the same result look alike. Case, accents and width do not count, `rn` looks like m, and l, i and 1
 * look alike. The result is for comparisons, not to be shown.
 */
export const looksOf = (text: string): string =>
  Array.from(lettersOf(text), (sign) => SIGN.get(sign) ?? sign).join('')

/** As `looksOf`, but signs stay signs. */
const lettersOf = (text: string): string =>
  Array.from(text.normalize('NFKD').replaceAll(INVISIBLE, '').replaceAll(/\p{M}/gv, ''), lookOf)
    .join('')
    .replaceAll('rn', 'm')

/** Separators, and letters such as U+02BC, which looks like an apostrophe. */
const UNREAD = /[^\p{L}\p{N}]|\p{Lm}/v

/**
 * Finds what looks like a word, with or without separators between its letters: as the whole text, or where a word of the
 * text begins. Each sign counts as a letter or as a separator. Not a pattern, which would take long for many signs.
 */
export function finderOf(word: string, where: 'whole' | 'begins'): (text: string) => boolean {
  const letters = Array.from(looksOf(word))
  return (text) => {
    // how many letters of the word may be read so far
    let read = new Set([0])
    for (const sign of lettersOf(text.replaceAll(INNER_CAPITAL, ' '))) {
      const letter = SIGN.get(sign) ?? sign
      const further = [...read].filter((count) => letters[count] === letter).map((count) => count + 1)
      read = new Set(UNREAD.test(sign) ? [...read, ...further] : further)
      if (where === 'whole') continue
      if (read.has(letters.length)) return true
      if (!/[a-z]/.test(sign)) read.add(0)
    }
    return read.has(letters.length)
  }
}
/** Between the two words of "ThePackagento". */
const INNER_CAPITAL = /(?<=\p{Ll})(?=\p{Lu})/gv

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
