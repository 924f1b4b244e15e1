/** Whether objects and lists are nested more than `max` levels deep. Does not recurse. */
export function isDeeperThan(max: number, value: unknown): boolean {
  let level = [value].filter(isNested)
  for (let depth = 0; level.length; depth += 1) {
    if (depth === max) return true
    level = level.flatMap((each) => Object.values(each)).filter(isNested)
  }
  return false
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null
