import { PasswordRefused } from './errors.ts'

const MIN = 12
const MAX = 128
/**
 * The lowest accepted score of zxcvbn, from 0 to 4. Below 3, an attacker who guesses offline needs fewer than 10^8
 * tries.
 */
const MIN_SCORE = 3

/**
 * Refuses `password_refused` for a password of fewer than 12 or more than 128 characters, and for a password that is
 * easy to guess. Easy to guess are common passwords, keyboard rows, repetitions, and parts of `known`, such as the
 * person's address.
 */
export async function checkNewPassword(password: string, known: readonly string[]): Promise<void> {
  const length = Array.from(password.normalize('NFKC')).length
  if (length < MIN) throw new PasswordRefused('short', `Use at least ${MIN} characters.`)
  if (length > MAX) throw new PasswordRefused('long', `Use at most ${MAX} characters.`)
  const words = known
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2)
  const guesses = await guesser()
  if (guesses.check(password, ['packagento', ...words]).score < MIN_SCORE)
    throw new PasswordRefused(
      'common',
      'This password is easy to guess. Use several unusual words, or a password manager.',
    )
}

/** Loaded at the first use, because its word lists take a third of a second and 30 MB. */
const guesser = () => (loaded.once ??= load())
const loaded: { once?: ReturnType<typeof load> } = {}

async function load() {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
}
