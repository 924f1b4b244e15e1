import type { Db } from '../../platform/database.ts'
import { countAttempt, forgetAttempts, type Limit } from './attempts.ts'

const WINDOW_MS = 15 * 60_000
/** A host may have a whole IPv6 /48, which is 65,536 networks of /64. */
const AROUND = [
  { bits: 56, times: 3 },
  { bits: 48, times: 6 },
]
/** Guesses from all networks together, because an attacker may rent many. */
const EVERYWHERE = { max: 100, windowMs: 24 * 60 * 60_000 }

/** Limits of guesses at one secret of one account. */
export interface GuessLimits {
  /** For the own network: an IPv4 address or an IPv6 /64. */
  here: Limit
  /** For the networks around it and for all networks, from narrow to wide. */
  wider: Limit[]
  /** What the right secret resets. A counter that strangers use, too, is not reset. */
  own: Limit[]
}

/**
 * Networks from which the account signed in lately have a counter of their own, so that guesses from elsewhere cannot use
 * up the attempts of the owner.
 */
export function guessLimits({
  about,
  network,
  isKnown,
  max,
}: {
  /** The secret and the account, such as `code/cst_…/`. */
  about: string
  network: string
  isKnown: boolean
  /** For one network within 15 minutes. */
  max: number
}): GuessLimits {
  const here = { key: `${about}${network}`, max, windowMs: WINDOW_MS }
  if (isKnown) {
    const known = { key: `${about}known`, ...EVERYWHERE }
    return { here, wider: [known], own: [here, known] }
  }
  const around = AROUND.flatMap(({ bits, times }) => {
    const wide = ipv6Around(network, bits)
    return wide ? [{ key: `${about}${wide}`, max: max * times, windowMs: WINDOW_MS }] : []
  })
  return { here, wider: [...around, { key: `${about}new`, ...EVERYWHERE }], own: [here] }
}

/**
 * Counts one guess. Call it before the guess is checked. A guess counts in a wider limit only when the narrower ones
 * allow it, so that a flood from one network does not fill the others. Returns the limit that refuses, and the seconds
 * until the next guess is allowed.
 */
export async function countGuess(
  db: Db,
  limits: readonly Limit[],
  at: Date,
): Promise<{ limit: Limit; wait: number } | undefined> {
  for (const limit of limits) {
    const wait = await countAttempt(db, limit, at)
    if (wait !== undefined) return { limit, wait }
  }
  return undefined
}

/** Call it after the right secret, which shows that the attempts were not guesses. */
export async function forgetGuesses(tx: Db, { own }: GuessLimits): Promise<void> {
  for (const limit of own) await forgetAttempts(tx, limit)
}

/** `2001:db8:1:2ab::` → `2001:db8:1:200/56`. Undefined for IPv4. */
function ipv6Around(network: string, bits: number): string | undefined {
  if (!network.includes(':')) return undefined
  const [before = '', after] = network.split('::')
  const head = before ? before.split(':') : []
  const tail = after ? after.split(':') : []
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const groups = [...head, ...(after === undefined ? [] : zeros), ...tail].slice(0, 4)
  const kept = groups.map((group, i) => {
    const bitsHere = Math.min(16, Math.max(0, bits - i * 16))
    return (Number.parseInt(group, 16) & (0xff_ff << (16 - bitsHere)) & 0xff_ff).toString(16)
  })
  return `${kept.join(':')}/${bits}`
}
