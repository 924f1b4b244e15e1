import { inMarket, Refused } from '../market.ts'
import { type Command, readLine } from './command.ts'
import { done, list, show } from './incidents.ts'
import { INVOICES } from './invoices.ts'
import { NAMESPACE } from './namespace.ts'
import { PEOPLE } from './people.ts'
import { VENDORS } from './vendors.ts'
import { VERSIONS } from './versions.ts'

const INCIDENTS: readonly Command[] = [
  { usage: 'list', does: 'lists what needs an operator', run: () => inMarket(list) },
  {
    usage: 'show ID',
    does: 'shows one entry with the steps of its operation',
    run: ([id = '']) => inMarket((db) => show(db, id)),
  },
  {
    usage: 'done ID --note TEXT',
    does: 'marks an entry as done; the note says what you found and did',
    options: { note: 'needed' },
    run: ([id = ''], { note }) => {
      const words = readLine('A note', note)
      return inMarket((db) => done(db, { id, note: words }))
    },
  },
]

const RECONCILE: Command = {
  usage: 'reconcile [--end-runs] [--dry-run | --close MARK]',
  does: 'compares rows, bank and runs with the settings of the worker, and closes what differs; with --end-runs, shows the open runs, and ends them after a restore (docs/recovery.md)',
  options: { close: 'optional' },
  flags: ['dry-run', 'end-runs'],
  async run(_, { close }, flags) {
    if (close !== undefined && flags.has('dry-run'))
      throw new Refused('reconcile takes --dry-run or --close, not both.')
    // loaded only here, because the other commands need neither Temporal nor Stripe
    const { endRunsOfDeployment, reconcileDeployment } = await import('./reconcile.ts')
    return flags.has('end-runs') ? endRunsOfDeployment(close) : reconcileDeployment(close)
  },
}

/** Every command of `npm run admin`, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  ...INCIDENTS,
  RECONCILE,
  ...INVOICES,
  NAMESPACE,
  ...PEOPLE,
  ...VENDORS,
  ...VERSIONS,
]
