// PHP's version_compare, as https://www.php.net/version_compare describes it.

/** The longest version that is compared or parsed, in characters. */
export const LONGEST = 255

const ORDER: ReadonlyArray<readonly [word: string, rank: number]> = [
  ['dev', 0],
  ['alpha', 1],
  ['a', 1],
  ['beta', 2],
  ['b', 2],
  ['RC', 3],
  ['rc', 3],
  ['#', 4],
  ['pl', 5],
  ['p', 5],
]
const UNKNOWN = -1
const BIGGEST = 2n ** 63n - 1n

/** Negative when `a` is older than `b`, positive when it is newer, else 0. */
export function compare(a: string, b: string): number {
  return a === b ? 0 : compareRead(partsOf(a), partsOf(b))
}

export type Compare = typeof compare

/** As `compare`, and reads each version once. For one call, because it forgets none. */
export function rememberingCompare(): Compare {
  const read = new Map<string, string[]>()
  const partsIn = (version: string): string[] => {
    const parts = read.get(version) ?? partsOf(version)
    read.set(version, parts)
    return parts
  }
  return (a, b) => (a === b ? 0 : compareRead(partsIn(a), partsIn(b)))
}

/** Sorts by version, newest first. Reads each version once, because `compare` in a sort reads it a dozen times. */
export function newestFirst<T>(items: readonly T[], versionOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, parts: partsOf(versionOf(item)) }))
    .sort((a, b) => compareRead(b.parts, a.parts))
    .map(({ item }) => item)
}

function compareRead(left: readonly string[], right: readonly string[]): number {
  if (!left.length || !right.length) return left.length - right.length
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const order = compareParts(left[i] ?? '', right[i] ?? '')
    if (order) return order
  }
  if (left.length === right.length) return 0
  // one version is longer: an additional number makes it newer; an additional word is compared with a number
  const [longer, sign] = left.length > right.length ? [left, 1] : [right, -1]
  const next = longer[shared] ?? ''
  return sign * (isNumber(next) ? 1 : compareParts(next, '#N#'))
}

/** The numbers and words of a version. Splits where PHP does: at separators, and between digits and letters. */
function partsOf(version: string): string[] {
  const parts: string[] = []
  let part = ''
  const end = () => {
    if (part) parts.push(part)
    part = ''
  }
  let last = ''
  for (const character of version.slice(0, LONGEST)) {
    const isDigit = /\d/.test(character)
    const isEdge =
      last !== '' && ((isDigit && /[^\d.+_-]/.test(last)) || (/\d/.test(last) && /[^\d.+_-]/.test(character)))
    if (character === '.' || /[-_+]/.test(character)) end()
    else if (isEdge) {
      end()
      part = character
    } else if (last === '' || /[A-Za-z\d]/.test(character)) part += character
    else end()
    last = character
  }
  end()
  return parts
}

const isNumber = (part: string) => /^\d/.test(part)

function compareParts(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) return Number(clamped(a) > clamped(b)) - Number(clamped(a) < clamped(b))
  const rank = (part: string) => rankOf(isNumber(part) ? '#N#' : part)
  return Math.sign(rank(a) - rank(b))
}

/** Only the beginning of a word counts: `apple` ranks as `a`, which is alpha. */
function rankOf(part: string): number {
  return ORDER.find(([word]) => part.startsWith(word))?.[1] ?? UNKNOWN
}

function clamped(digits: string): bigint {
  const value = BigInt(digits)
  return value > BIGGEST ? BIGGEST : value
}
