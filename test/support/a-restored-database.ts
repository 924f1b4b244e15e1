import type { OpenRun } from '#domain/differences'
import type { OperationId } from '#kernel/ids'
import { reconcile } from '../../scripts/reconcile/close-differences.ts'
import { endRuns } from '../../scripts/reconcile/end-runs.ts'
import type { Shop } from './a-shop.ts'
import { backupOf, restoreBackup } from './market-snapshot.ts'

/** Runs `lost`, then puts every row back to what it was before; bank and Temporal go on. */
export async function losing<T>({ db }: Shop, lost: () => Promise<T>): Promise<T> {
  const backup = await backupOf(db)
  const result = await lost()
  await restoreBackup(db, backup)
  return result
}

export const runOf = (operation: OperationId): OpenRun => ({
  workflowId: `purchase_and_install_package/${operation}`,
  operation,
})

/** Ends these open runs, as `reconcile --end-runs` does after it has shown them. Returns what it prints. */
export async function ended({ workflows }: Shop, open: readonly OpenRun[]) {
  const said: string[] = []
  const runs = {
    openRuns: async () => [...open],
    terminate: async (id: string, reason: string) => void (await workflows.getHandle(id).terminate(reason)),
  }
  const say = (line: string) => void said.push(line)
  await endRuns({ runs, say })
  await endRuns({ runs, say }, /--close (\w+)/.exec(said.at(-1) ?? '')?.[1])
  return said
}

/** What the command prints for these open runs, the mark of its list, how many differences it would close, and its result. */
export async function listed({ db, bank, workflows }: Shop, runs: readonly OpenRun[], mark?: string) {
  const lines: string[] = []
  const temporal = {
    openRuns: async () => [...runs],
    terminate: async (id: string, reason: string) => void (await workflows.getHandle(id).terminate(reason)),
  }
  const say = (line: string) => void lines.push(line)
  const isAllClosed = await reconcile({ db, payments: bank.payments, runs: temporal, say, pauseMs: 0 }, mark)
  const [, count = '0', shown = ''] = /To close (\d+) .* --close (\w+)/.exec(lines.at(-1) ?? '') ?? []
  return { lines, mark: shown, closable: Number(count), isAllClosed }
}
