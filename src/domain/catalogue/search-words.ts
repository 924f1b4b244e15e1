/** Words that say nothing about a package of this market, or that only frame a question. */
const FILLERS = new Set(
  (
    'adobe buy commerce composer extension extensions find get give help install looking magento magento2 make module ' +
    'modules need one package packages plugin plugins please sell shop show something store support want'
  ).split(' '),
)

const MOST_WORDS = 20
/** A shorter word has to be the whole word. */
const PREFIX_FROM = 3

/**
 * Turns everyday words into a text for `to_tsquery`, which finds packages with any of them; a word may be the beginning
 * of a longer one. Words without meaning here count only when there are no others. Empty without any word.
 */
export function anyOfTheWords(text: string): string {
  const all = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const telling = all.filter((word) => !FILLERS.has(word))
  return [...new Set(telling.length ? telling : all)]
    .slice(0, MOST_WORDS)
    .map((word) => (word.length < PREFIX_FROM ? word : `${word}:*`))
    .join(' | ')
}
