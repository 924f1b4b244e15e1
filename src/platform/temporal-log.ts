import type { Logger } from './logger.ts'

/** A line of the SDK; its numbers (`tokio` fields, spans) are in `meta`. */
interface Line {
  level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'
  message: string
  meta?: object | undefined
}

/**
 * Writes what Temporal's SDK logs into our log. A failed workflow task is our defect, and nobody else is told of it: the
 * code does not fit the history of a run, or it has a bug. The run stands still until the code is mended.
 */
export const loggedBy =
  (log: Logger) =>
  ({ level, message, meta = {} }: Line): void => {
    if (message.startsWith(FAILING)) log.error({ temporal: meta }, 'a run cannot go on with this code')
    else log[LEVELS[level]]({ temporal: meta }, message)
  }

const FAILING = 'Failing workflow task'
const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
