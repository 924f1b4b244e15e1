import fs from 'node:fs'

/**
 * Returns the CPU time that these processes and the children of `parent` have used so far, in ms. Other load on the
 * machine hardly changes it. Returns undefined when the system has no /proc.
 */
export function cpuUsed(pids: readonly number[], parent: number): number | undefined {
  try {
    const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')
    return [...pids.map(String), ...children].reduce((sum, pid) => sum + cpuOf(pid), 0)
  } catch {
    return undefined
  }
}

function cpuOf(pid: string): number {
  try {
    const threads = fs.readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + nsOf(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1e6
  } catch {
    // it has ended meanwhile
    return 0
  }
}

const nsOf = (file: string) => Number(fs.readFileSync(file, 'utf8').split(' ')[0])
