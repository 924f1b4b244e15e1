// npm run admin -- list | show ID | done ID --note TEXT: what needs an operator.
// npm run admin -- reconcile [--dry-run | --close MARK]: what rows, bank and runs say differently (docs/recovery.md).
// npm run admin -- reconcile --end-runs [--dry-run | --close MARK]: the open runs, to end them all after a restore, so that
// they are resumed from their rows.
// Exits 1 when there is no such entry, when it is over, or when something still differs, and 2 when nothing was done.
import { parseArgs } from 'node:util'
import { done, list, show } from './admin/incidents.ts'
import { inMarket, Refused, sentenceOf } from './market.ts'

const USAGE = `usage: npm run admin -- list | show ID | done ID --note TEXT
       npm run admin -- reconcile [--end-runs] [--dry-run | --close MARK]`

try {
  process.exitCode = (await wanted()()) ? 0 : 1
} catch (e) {
  console.error(sentenceOf(e) ?? e)
  process.exitCode = 2
}

/** Returns whether it was done. */
type Command = () => Promise<boolean>

function wanted(): Command {
  const { positionals, values } = argumentsGiven()
  const [command, id, ...more] = positionals
  const { note, ...reconciling } = values
  if (more.length || (note !== undefined) !== (command === 'done')) throw new Refused(USAGE)
  if (reconciling.close !== undefined && reconciling['dry-run']) throw new Refused(USAGE)
  if (command === 'reconcile' && id === undefined) return () => reconcileBy(reconciling)
  if (Object.keys(reconciling).length) throw new Refused(USAGE)
  if (command === 'list' && id === undefined) return () => inMarket(list)
  if (command === 'show' && id !== undefined) return () => inMarket((db) => show(db, id))
  if (command === 'done' && id !== undefined) {
    const words = readNote(note ?? '')
    return () => inMarket((db) => done(db, { id, note: words }))
  }
  throw new Refused(USAGE)
}

/** Without `--close` nothing is changed. */
async function reconcileBy(way: { close?: string; 'end-runs'?: boolean }): Promise<boolean> {
  // loaded only here, because the other commands need neither Temporal nor Stripe
  const { endRunsOfDeployment, reconcileDeployment } = await import('./admin/reconcile.ts')
  return way['end-runs'] ? endRunsOfDeployment(way.close) : reconcileDeployment(way.close)
}

function argumentsGiven() {
  try {
    return parseArgs({
      options: {
        note: { type: 'string' },
        close: { type: 'string' },
        'dry-run': { type: 'boolean' },
        'end-runs': { type: 'boolean' },
      },
      allowPositionals: true,
    })
  } catch {
    throw new Refused(USAGE)
  }
}

/** It says what was found and done, for the next operator. */
function readNote(given: string): string {
  const note = given.trim()
  if (note.length < 5 || note.length > 500 || /\p{C}/u.test(note))
    throw new Refused('A note has 5 to 500 characters in one line. It says what you found and did.')
  return note
}
