const EMPTY = new Set(
  'a about all an and are as at be by can did do does for from get give have how i in is it its me my of on or our that the their them then there these this to us was we what when which who will with you your'.split(
    ' ',
  ),
)

/** The beginning of a word that its forms share: `rotate` and `rotating`, `licence` and `licences`. */
const stemOf = (word: string): string =>
  word.length < 4 ? word : word.replace(/(ing|ed|es|s)$/, '').replace(/e$/, '')

/** The stems of the words that say something, each once. Underscores part words. */
export const wordsIn = (text: string): string[] => [
  ...new Set((text.toLowerCase().match(/[a-z]+/g) ?? []).filter((word) => !EMPTY.has(word)).map(stemOf)),
]
