import { Refused } from '../market.ts'

/** The values of the options of a call, by name. */
export type Given = Record<string, string | undefined>

/** A command of `npm run admin`. */
export interface Command {
  /** Its arguments as the help shows them, such as `show ID`. The first word is its name; words in capitals are values. */
  usage: string
  does: string
  /** Options with a text, by name. The value says whether each call needs it. */
  options?: Record<string, 'needed' | 'optional'>
  flags?: readonly string[]
  /** Returns whether it was done. The arguments are as many as the usage has values before its options. */
  run: (values: readonly string[], options: Given, flags: ReadonlySet<string>) => Promise<boolean>
}

/** Prints why nothing was done, for the exit code 1. */
export function nothing(why: string): false {
  console.log(`${why} Nothing was done.`)
  return false
}

/** A text of one line that people read. Refuses another one. */
export function readLine(what: string, given = '', { min = 5, max = 500 } = {}): string {
  const text = given.trim()
  if (text.length < min || text.length > max || /\p{C}/u.test(text))
    throw new Refused(`${what} has ${min} to ${max} characters in one line.`)
  return text
}
