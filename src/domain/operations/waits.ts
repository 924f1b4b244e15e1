import { randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { WaitingFor } from '#contracts/status-update'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Operations } from '../../platform/tables.ts'
import type { Operation } from './operation.ts'

/** The last part of the address of an operation's page. */
export const newLink = (): string => randomBytes(32).toString('base64url')

/** The columns that `waitIn` reads, of the table `operations as p`. */
export const WAIT_COLUMNS = [
  'p.waiting_for',
  'p.url',
  'p.waiting_until',
  'p.page_wait',
  'p.page_opened',
] as const

type WaitColumns = Pick<
  Selectable<Operations>,
  'waiting_for' | 'url' | 'waiting_until' | 'page_wait' | 'page_opened'
>

/** The wait of a row: for what, the URL, until when, and whether its page was opened. */
export function waitIn(
  row: WaitColumns,
): Pick<Operation, 'waitingFor' | 'url' | 'waitingUntil' | 'pageOpened'> {
  const isOfThisWait = row.page_wait?.getTime() === row.waiting_until?.getTime()
  return {
    ...(row.waiting_for && { waitingFor: row.waiting_for as WaitingFor }),
    ...(row.url && { url: row.url }),
    ...(row.waiting_until && { waitingUntil: row.waiting_until }),
    ...(isOfThisWait && row.page_opened !== null && { pageOpened: row.page_opened }),
  }
}

/** Records whether the person opened the page of the wait that ends at `waitingUntil`. Ignores other waits. */
export async function recordPageAnswer(
  db: Db,
  { id, waitingUntil, opened }: { id: OperationId; waitingUntil: Date; opened: boolean },
): Promise<void> {
  await db
    .updateTable('operations')
    .set({ page_wait: waitingUntil, page_opened: opened })
    .where('id', '=', id)
    .where('status', '=', 'waiting_for_you')
    .where('waiting_until', '=', waitingUntil)
    .execute()
}
