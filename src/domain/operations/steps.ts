import type { StartedStory } from '#contracts/stories'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** The progress text of each step. */
const PROGRESS_TEXTS: Record<string, string> = {
  openOrder: 'Checking prices and opening the order.',
  recheckPurchase: 'Checking again that the purchase is allowed.',
  chargeLine: 'Charging the card.',
  lookForCard: 'Looking for a saved card.',
  lookForAddedCard: 'Looking for the added card.',
  lookAtPayment: 'Asking the bank whether the payment was confirmed.',
  closePayment: 'Closing the payment that nobody confirmed.',
  openPublications: 'Checking who publishes.',
  reachRepository: 'Asking the Git host for the repository.',
  awaitConsent: 'Preparing the page for the Git host.',
  lookForAccess: 'Looking for the access to the Git host.',
  readRepository: 'Reading the newest version tag of the repository.',
  createPackage: 'Creating the package.',
  deletePackage: 'Deleting the package again.',
  installHook: 'Asking the Git host to report new tags.',
  removeHook: 'Removing the push hook again.',
  askForSync: 'Asking for a look at the tags.',
  lookAtSync: 'Reading the tags of the repository.',
  previewRepository: 'Reading the tags of the repository.',
  beginGitWait: 'Preparing the page for the Git host.',
  lookForGitIntegration: 'Looking for the access to the Git host.',
  openVendorApplication: 'Applying as a vendor.',
  lookForGitHost: 'Looking for the access to the Git host.',
  awaitGitHost: 'Preparing the page for the Git host.',
  lookForVendorApproval: 'The operator of this market has to approve the vendor. That may take days.',
  describeStartedVendor: 'Looking at what the vendor has.',
  settleDoubt: 'Asking the bank whether the payment was made.',
  abandonLine: 'Closing the payment that was not made.',
  undoCharge: 'Taking the charge back.',
  cancelOrder: 'Cancelling the order.',
  findOrder: 'Looking at what was done before it was interrupted.',
  settleLine: 'Making the licences valid.',
  deliverPurchase: 'Activating the licences on the project.',
}

/** The progress text of an operation whose lost run is resumed, until its first step. */
export const RESUMED = 'It was interrupted on our side and goes on now.'

const CANCELLED: Partial<Record<StartedStory['story'], string>> = {
  checkout_cart: 'this purchase',
  purchase_and_install_package: 'this purchase',
  publish_package: 'this publication',
}

/** The progress text of an operation that somebody cancelled, until it is over. */
export const cancellingText = ({ story }: { story: string }): string =>
  `We are cancelling ${CANCELLED[story as StartedStory['story']] ?? 'it'}.`

/** The steps that a purchase makes for each vendor. Others with a number belong to a repository. */
const OF_PAYMENTS = new Set([
  'lookAtPayment',
  'closePayment',
  'settleDoubt',
  'abandonLine',
  'undoCharge',
  'settleLine',
])

/** The progress text of a step such as `chargeLine:line_2`. A note says more than the text of the step. */
export function progressOf(step: string | null, note: string | null): string {
  if (note) return note
  const [name = '', line = '1'] = step?.split(':line_') ?? []
  const text = PROGRESS_TEXTS[name] ?? 'Starting.'
  if (line === '1') return text
  if (name === 'chargeLine') return `Charging the card, payment ${line}.`
  return `${OF_PAYMENTS.has(name) ? 'Payment' : 'Repository'} ${line}: ${text}`
}

export interface Step {
  operationId: OperationId
  /** Such as `chargeLine:line_2`. */
  name: string
  status: 'running' | 'done' | 'failed'
  attempt: number
  at: Date
}

export async function recordStep(db: Db, { operationId, name, status, attempt, at }: Step): Promise<void> {
  await db
    .insertInto('operation_steps')
    .values({ operation_id: operationId, name, status, attempt, started_at: at, updated_at: at })
    .onConflict((on) => on.columns(['operation_id', 'name']).doUpdateSet({ status, attempt, updated_at: at }))
    .execute()
}

/** Writes what a step has reached, such as a number of tags. Does nothing before the step began. */
export async function noteOnStep(
  db: Db,
  { operationId, name, note, at }: Pick<Step, 'operationId' | 'name' | 'at'> & { note: string },
): Promise<void> {
  await db
    .updateTable('operation_steps')
    .set({ note, updated_at: at })
    .where('operation_id', '=', operationId)
    .where('name', '=', name)
    .execute()
}

/** The steps of an operation in the order in which they began, for operators. */
export async function stepsOf(db: Db, id: OperationId): Promise<Omit<Step, 'operationId'>[]> {
  const rows = await db
    .selectFrom('operation_steps')
    .select(['name', 'status', 'attempt', 'updated_at as at'])
    .where('operation_id', '=', id)
    .orderBy('started_at')
    .orderBy('name')
    .execute()
  return rows.map(({ status, ...step }) => ({ ...step, status: status as Step['status'] }))
}
