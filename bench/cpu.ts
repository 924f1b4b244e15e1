import fs from 'node:fs'

/** CPU time in ms, by thread. */
export type CpuTimes = Map<string, number>

/**
 * Returns the CPU time that the threads of these processes, and of the children of `parent`, have used so far. Other load
 * on the machine hardly changes it. Returns undefined when the system has no /proc.
 */
export function cpuTimes(pids: readonly number[], parent: number): CpuTimes | undefined {
  try {
    const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')
    return new Map([...pids.map(String), ...children].flatMap(timesOf))
  } catch {
    return undefined
  }
}

/** Returns the CPU time that was used between two readings, in ms. A thread that ended in between does not count. */
export function cpuBetween(before: CpuTimes | undefined, after: CpuTimes | undefined): number {
  if (!before || !after) return NaN
  return [...after].reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0)
}

/** The CPU time in ms of this process and of all its children that have ended. NaN when the system has no /proc. */
export function cpuWithChildren(): number {
  try {
    const [, fields = ''] = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')
    // utime, stime, cutime and cstime, in ticks of 10 ms: proc_pid_stat(5)
    const ticks = fields.split(' ').slice(11, 15).map(Number)
    return ticks.reduce((sum, each) => sum + each, 0) * 10
  } catch {
    return NaN
  }
}

function timesOf(pid: string): [string, number][] {
  try {
    const threads = fs.readdirSync(`/proc/${pid}/task`)
    return threads.map((thread) => [thread, nsOf(`/proc/${pid}/task/${thread}/schedstat`) / 1e6])
  } catch {
    // it has ended meanwhile
    return []
  }
}

const nsOf = (file: string) => Number(fs.readFileSync(file, 'utf8').split(' ')[0])
