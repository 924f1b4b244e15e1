import { wordsIn } from './words.ts'

/** What a sentence names, and the sentence without it. */
export interface Facts {
  text: string
  /** The words that tell which tool is meant. */
  words: string[]
  /** `vendor/package`, as it was written. */
  packages: string[]
  urls: string[]
  /** Between quotation marks. */
  quoted: string[]
  /** After a colon: what to look for, or why. */
  free: string | undefined
  isQuestion: boolean
  /** What a parameter of this name may be filled with, as a file beside the assistant. */
  files: Readonly<Record<string, unknown>>
}

const URLS = /https?:\/\/\S+[^\s.,;]/g
const PACKAGES = /\b[a-z0-9-]+\/[a-z0-9-]+(?:[@:]\S*[^\s.,;?])?/g
const QUOTED = /"([^"]+)"/g

export function factsIn(text: string, files: Facts['files'] = {}): Facts {
  const urls = text.match(URLS) ?? []
  const withoutUrls = text.replaceAll(URLS, ' ')
  const packages = withoutUrls.match(PACKAGES) ?? []
  const plain = withoutUrls.replaceAll(PACKAGES, ' package ')
  const quoted = [...plain.matchAll(QUOTED)].map(([, inner = '']) => inner)
  const [frame = '', free] = plain.replaceAll(QUOTED, ' ').split(': ')
  return {
    text,
    words: wordsIn(frame),
    packages,
    urls,
    quoted,
    free: free?.trim(),
    files,
    isQuestion: /^(what|which|who|how|show|list|find|give|is|are|see)\b/i.test(text),
  }
}
