import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `act` after the TypeScript files below a folder have changed and then stayed as they are for a moment, never
 * twice at once. By looking, not by `fs.watch`: on Linux that loses a file that an editor replaces by another.
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

/** None while folders come and go, as in a checkout of another branch: they will have settled at the next look. */
function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw e
  }
}

/** Nothing for what has gone since it was listed. */
function changeOf(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  return stat ? `${stat.mtimeMs} ${stat.size}` : ''
}
