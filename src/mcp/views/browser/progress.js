import { mayRead, readOperation } from './host.js'

const EVERY_MS = 5_000
/** After five minutes a view that nobody reads stops asking. */
const MOST_LOOKS = 60

/**
 * Looks for news about an operation while it runs or waits, and gives each new row to `onNews`. It looks only while the
 * page is visible and the host passes on calls.
 */
export async function follow({ operation_id: id, org, ...operation }, onNews) {
  let known = operation
  for (let look = 0; look < MOST_LOOKS && mayRead(); look += 1) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    if (document.visibilityState === 'hidden') continue
    const row = await readOperation(org, id).catch(() => undefined)
    if (!row || (row.status === known.status && row.progress === known.progress)) continue
    known = row
    onNews(row)
    if (!isOpen(row)) return
  }
}

export const isOpen = ({ status }) => status === 'running' || status === 'waiting_for_you'
