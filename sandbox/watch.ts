import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from './roles.ts'

/** Restarts the processes when the sources below a folder have changed. */
export const restartOnChange = (folder: string, roles: readonly Role[]): { stop: () => Promise<void> } =>
  onChange(folder, async () => {
    await Promise.all(roles.map(({ restart }) => restart()))
  })

/**
 * Runs `act` when the TypeScript files below a folder have changed and then stayed the same for one interval. It never
 * runs twice at once. It polls, because `fs.watch` on Linux loses a file that an editor replaces.
 */
export function onChange(
  folder: string,
  act: () => Promise<void>,
  everyMs = 250,
): { stop: () => Promise<void> } {
  const stopping = new AbortController()
  const watching = watch()
  return {
    async stop() {
      stopping.abort()
      await watching
    },
  }

  async function watch(): Promise<void> {
    let acted = stateOf(folder)
    for (let last = acted; ;) {
      await sleep(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
      if (stopping.signal.aborted) return
      const now = stateOf(folder)
      if (now !== acted && now === last) {
        acted = now
        await act()
      }
      last = now
    }
  }
}

function stateOf(folder: string): string {
  const names = namesIn(folder).filter((name) => name.endsWith('.ts'))
  return names.map((name) => `${name} ${changeOf(path.join(folder, name))}`).join('\n')
}

/** Returns no names while a folder disappears, as in a checkout of another branch. The next poll sees the final state. */
function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw e
  }
}

/** Returns an empty text for a file that was deleted after it was listed. */
function changeOf(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  return stat ? `${stat.mtimeMs} ${stat.size}` : ''
}
