/** A field of a manifest that we refuse to publish. */
export interface Fault {
  /** The keys that lead to the value, such as `['require', 'php']`. */
  path: readonly string[]
  value: unknown
  /** What the value has to be. */
  rule: string
  /** Whether Composer fails on an update while the version is in the metadata. Else only a check of ours refuses it. */
  breaksUpdate: boolean
}

export const breaking = (path: readonly string[], value: unknown, rule: string): Fault => ({
  path,
  value,
  rule,
  breaksUpdate: true,
})

export const refused = (path: readonly string[], value: unknown, rule: string): Fault => ({
  path,
  value,
  rule,
  breaksUpdate: false,
})

const LONGEST_SHOWN = 60

/** Completes “The composer.json …”. A vendor wrote the value, so only a short, plain part of it is shown. */
export function described({ path, value, rule }: Fault): string {
  return `has ${shownValue(value)} as ${fieldOf({ path })}, which has to be ${rule}`
}

/** Such as `require.php`. */
export const fieldOf = ({ path }: Pick<Fault, 'path'>): string => plain(path.join('.')) || 'the whole file'

function shownValue(value: unknown): string {
  if (typeof value === 'string') return `"${plain(value)}"`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function plain(text: string): string {
  const shown = text.slice(0, LONGEST_SHOWN).replaceAll(/[^\x20-\x7e]/g, '?')
  return text.length > LONGEST_SHOWN ? `${shown}…` : shown
}
