/** Repeatable random choices (mulberry32), so that a failed run can be repeated with its seed. */
export function aRandom(seed: number) {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(random() * n)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  /** Zero to `most` texts, joined. */
  const many = (most: number, make: () => string, glue = '') =>
    Array.from({ length: below(most + 1) }, make).join(glue)
  const sometimes = (share: number, make: () => string) => (random() < share ? make() : '')
  return { below, pick, many, sometimes }
}
export type Random = ReturnType<typeof aRandom>

/** `SEED=random npx vitest run FILE` tries new samples; the fixed seed keeps a normal run repeatable. */
export const seedOf = (fixed: number): number =>
  process.env.SEED === 'random' ? Date.now() % 2 ** 31 : Number(process.env.SEED ?? fixed)
