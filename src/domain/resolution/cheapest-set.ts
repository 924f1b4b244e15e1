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

/** How many steps all searches of one call may take: two tenths of a second. */
const MOST_STEPS = 500_000

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
  return [...Map.groupBy(useful, ({ first }) => rootOf(first)).values()].map((group) =>
    group.map(({ at }) => at),
  )
}

interface Thing {
  thing: number
  /** The candidates that cover it, those that cost least for each thing first. */
  by: number[]
}

function searchIn(
  candidates: readonly Candidate[],
  group: readonly number[],
  work: { left: number },
): CheapestSet {
  const things = thingsIn(candidates, group)
  let best = greedySet(candidates, group)
  let bestCost = best.reduce((sum, at) => sum + (candidates[at]?.cost ?? 0), 0)
  const isBetter = (cost: number, count: number) =>
    cost < bestCost || (cost === bestCost && count < best.length)
  const times = new Map<number, number>()
  const mark = (covers: readonly number[], by: 1 | -1): void => {
    for (const thing of covers) times.set(thing, (times.get(thing) ?? 0) + by)
  }
  const go = (chosen: readonly number[], cost: number): void => {
    const open = things.filter(({ thing }) => !times.get(thing))
    work.left -= things.length
    const [next] = open
    if (!next) {
      if (isBetter(cost, chosen.length)) [best, bestCost] = [[...chosen], cost]
      return
    }
    if (work.left <= 0) return
    const least = cost + leastCostOf(open, candidates, work)
    if (!isBetter(least, chosen.length + 1)) return
    for (const at of next.by) {
      const { cost: more = 0, covers = [] } = candidates[at] ?? {}
      mark(covers, 1)
      go([...chosen, at], cost + more)
      mark(covers, -1)
    }
  }
  go([], 0)
  return { chosen: best, isExact: work.left > 0 }
}

/**
 * What covering these things costs at least: each pays as much as no candidate has been paid for yet. A solution of the dual
 * linear program, so no cover costs less.
 */
function leastCostOf(
  open: readonly Thing[],
  candidates: readonly Candidate[],
  work: { left: number },
): number {
  const unpaid = new Map<number, number>()
  let sum = 0
  for (const { by } of open) {
    let least = Infinity
    for (const at of by) least = Math.min(least, unpaid.get(at) ?? candidates[at]?.cost ?? 0)
    if (least > 0) for (const at of by) unpaid.set(at, (unpaid.get(at) ?? candidates[at]?.cost ?? 0) - least)
    sum += least
    work.left -= by.length
  }
  return sum
}

/** Those with the fewest candidates first: they leave the fewest ways to try. */
function thingsIn(candidates: readonly Candidate[], group: readonly number[]): Thing[] {
  const rateOf = (at: number) => (candidates[at]?.cost ?? 0) / (candidates[at]?.covers.length || 1)
  const things = new Map<number, Thing>()
  for (const at of group.toSorted((a, b) => rateOf(a) - rateOf(b) || a - b))
    for (const thing of candidates[at]?.covers ?? []) {
      const known = things.get(thing) ?? { thing, by: [] }
      known.by.push(at)
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
