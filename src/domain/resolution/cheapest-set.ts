/** Something that can be bought. */
export interface Candidate {
  /** In minor units. All in one currency. */
  cost: number
  /** Which of the wanted things it brings, by number, each once. */
  covers: readonly number[]
}

export interface CheapestSet {
  /** Positions of candidates, ascending. */
  chosen: number[]
  /** No set costs less. False when the search was cut off. */
  isExact: boolean
}

/** How many steps all searches of one call may take: some tenths of a second. */
const MOST_STEPS = 300_000
/** Below one minor unit, and above what a sum of fractions may be wrong by. */
const TOLERANCE = 0.01

/**
 * The cheapest candidates that together cover everything that any candidate covers; of equally cheap sets one with the
 * fewest. This is the weighted set cover problem. Groups of candidates that have nothing in common are solved apart. A
 * branch-and-bound search is exact until it has taken `steps`; then the best set so far counts, which costs no more than
 * the greedy one. The result depends on the order of the candidates only among equally good sets.
 */
export function cheapestSet(candidates: readonly Candidate[], steps = MOST_STEPS): CheapestSet {
  const work = { left: steps }
  const sets = groupsOf(candidates).map((group) => searchIn(candidates, group, work))
  return {
    chosen: sets.flatMap(({ chosen }) => chosen).sort((a, b) => a - b),
    isExact: sets.every(({ isExact }) => isExact),
  }
}

/** The positions of the candidates, in groups that share nothing. */
function groupsOf(candidates: readonly Candidate[]): number[][] {
  const above = new Map<number, number>()
  const rootOf = (thing: number): number => {
    let at = thing
    for (let up = above.get(at) ?? at; up !== at; up = above.get(at) ?? at) {
      above.set(at, above.get(up) ?? up)
      at = up
    }
    return at
  }
  for (const { covers } of candidates)
    for (const thing of covers) above.set(rootOf(thing), rootOf(covers[0] ?? thing))
  const useful = candidates.flatMap(({ covers: [first] }, at) => (first === undefined ? [] : [{ at, first }]))
  return [...Map.groupBy(useful, ({ first }) => rootOf(first)).values()].map((group) => group.map(({ at }) => at))
}

interface Thing {
  thing: number
  /** The candidates that cover it, cheapest first. */
  by: number[]
  /** What it adds to the cost of each set at least. */
  share: number
}

function searchIn(candidates: readonly Candidate[], group: readonly number[], work: { left: number }): CheapestSet {
  const things = thingsIn(candidates, group)
  const shares = new Map(things.map(({ thing, share }) => [thing, share]))
  let best = greedySet(candidates, group)
  let bestCost = best.reduce((sum, at) => sum + (candidates[at]?.cost ?? 0), 0)
  const isBetter = (cost: number, count: number) =>
    cost < bestCost || (cost === bestCost && count < best.length)
  const times = new Map<number, number>()
  /** Returns how much less is ahead. */
  const mark = (covers: readonly number[], by: 1 | -1): number => {
    let less = 0
    for (const thing of covers) {
      const before = times.get(thing) ?? 0
      if (before === 0 && by === 1) less += shares.get(thing) ?? 0
      times.set(thing, before + by)
    }
    return less
  }
  const go = (chosen: readonly number[], cost: number, ahead: number): void => {
    const open = things.find(({ thing }) => {
      work.left--
      return !times.get(thing)
    })
    if (!open) {
      if (isBetter(cost, chosen.length)) [best, bestCost] = [[...chosen], cost]
      return
    }
    if (work.left <= 0 || !isBetter(Math.ceil(cost + ahead - TOLERANCE), chosen.length + 1)) return
    for (const at of open.by) {
      const { cost: more = 0, covers = [] } = candidates[at] ?? {}
      const less = mark(covers, 1)
      go([...chosen, at], cost + more, ahead - less)
      mark(covers, -1)
    }
  }
  go([], 0, things.reduce((sum, { share }) => sum + share, 0))
  return { chosen: best, isExact: work.left > 0 }
}

/** Those with the fewest candidates first: they leave the fewest ways to try. */
function thingsIn(candidates: readonly Candidate[], group: readonly number[]): Thing[] {
  const costOf = (at: number) => candidates[at]?.cost ?? 0
  const sizeOf = (at: number) => candidates[at]?.covers.length ?? 0
  const things = new Map<number, Thing>()
  for (const at of group.toSorted((a, b) => costOf(a) - costOf(b) || sizeOf(b) - sizeOf(a) || a - b))
    for (const thing of candidates[at]?.covers ?? []) {
      const known = things.get(thing) ?? { thing, by: [], share: Infinity }
      known.by.push(at)
      known.share = Math.min(known.share, costOf(at) / sizeOf(at))
      things.set(thing, known)
    }
  return [...things.values()].sort((a, b) => a.by.length - b.by.length || a.thing - b.thing)
}

/** Takes what costs least for each thing that is not covered yet, until all are. */
function greedySet(candidates: readonly Candidate[], group: readonly number[]): number[] {
  const covered = new Set<number>()
  const chosen: number[] = []
  for (;;) {
    let found: { at: number; rate: number } | undefined
    for (const at of group) {
      const { cost = 0, covers = [] } = candidates[at] ?? {}
      const fresh = covers.filter((thing) => !covered.has(thing)).length
      if (fresh && (!found || cost / fresh < found.rate)) found = { at, rate: cost / fresh }
    }
    if (!found) return chosen
    chosen.push(found.at)
    for (const thing of candidates[found.at]?.covers ?? []) covered.add(thing)
  }
}
