import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  patched,
  setCurrentDetails,
  TemporalFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { PurchaseOutcome } from '#contracts/purchase'
import type { Refusal } from '#kernel/errors'
import { mintId, type OperationId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { ChargeAnswer, OpenedLine, OpenedOrder, RefusedLine } from '#activities'
import { detailsOf, keywordsOf, orderIdAttribute, packageNameAttribute, summaryOf } from '#contracts/messages'
import { operatorCauseOf, refusalIn, type Story } from './operation.ts'
import { CANCELLED, failureOf, NO_CARD_TO_CHARGE, NOT_DELIVERED, NOT_UNDONE } from './refusals.ts'
import { isUndoFailed, saga, undoAll } from './saga.ts'
import {
  alertOperatorAfterAnHour,
  now,
  retryFewTimes,
  retryForDays,
  retryForever,
  retryForMinutes,
} from './steps.ts'

/**
 * The story of every tool that buys. Buys the lines of an order one after another; a refused line is undone and does
 * not affect the others. Then activates the licences on a project and creates its credentials. What a lost run has
 * delivered is only reported.
 */
export async function buyAndDeliver(story: Story): Promise<PurchaseOutcome> {
  const { operationId } = story
  const before = story.isResumed ? await findOrderOfLostRun(operationId) : undefined
  if (before?.isDelivered) return reportDelivery(operationId)
  return saga(async (ifItFails) => {
    ifItFails(() => retryForever.cancelOrder({ operationId, at: now() }))
    // the lost run may have begun a payment of any line, and this one may fail before it knows the lines
    if (story.isResumed) ifItFails(() => undoEveryLine(operationId))
    const order = await openOrder(
      operationId,
      before?.lines.some(({ isPaid }) => isPaid),
    )
    const isAnyPaid = order.lines.some(({ isPaid }) => isPaid)
    if (!isAnyPaid) story.checkpoint()
    if (order.needsCard) await waitForCard(story)
    if (!order.lines.length) await retryForMinutes.recheckPurchase({ operationId, at: now() })
    const refused = await payLines(order.lines, story, ifItFails)
    // the pivot: after the charges no step may be refused
    return deliver(operationId, refused)
  })
}

/** What a lost run has done. Undefined for a run that began before this look existed. */
async function findOrderOfLostRun(operationId: OperationId) {
  if (!patched('looks-for-lost-order')) return undefined
  return retryForever.findOrder({ operationId, at: now() })
}

/** Opens the order, or reads it again. Once a line is paid, an outage does not take the purchase back. */
async function openOrder(operationId: OperationId, isPaid = false): Promise<OpenedOrder> {
  const orderId = mintId('ord', Date.now(), Math.random)
  const opening = { operationId, orderId, at: now() }
  const order = isPaid
    ? await orRefund(() => retryForDays.openOrder(opening))
    : await retryForMinutes.openOrder(opening)
  upsertSearchAttributes([
    { key: orderIdAttribute, value: order.id },
    { key: packageNameAttribute, value: keywordsOf(order.packages) },
  ])
  setCurrentDetails(detailsOf(`${order.id} · ${moneyText(order.total)} · ${order.packages.join(', ')}`))
  return order
}

async function waitForCard({ operationId, waitFor }: Story): Promise<void> {
  const look = () => retryForever.lookForCard({ operationId, at: now() })
  const found = await waitFor({ for: 'payment_method', until: Date.now() + DAY_MS, look })
  if (!found) throw failureOf(NO_CARD_TO_CHARGE)
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Pays the lines one after another and settles each at once. Returns the lines that were not bought, with the reasons.
 * Lines that cost money come first. When none of them is paid, the free lines are not bought either, and the story
 * fails with the first failure. After the first paid line the story can be cancelled only while it waits; then the
 * remaining lines are not bought. A line that a lost run has paid is only settled. When a line's undo failed, it is tried
 * again if the whole story is undone; otherwise an operator is alerted.
 */
async function payLines(
  lines: readonly OpenedLine[],
  story: Story,
  ifItFails: (undo: () => Promise<unknown>) => void,
): Promise<RefusedLine[]> {
  const refused: RefusedLine[] = []
  let firstFailure: TemporalFailure | undefined
  let isAnyPaid = false
  for (const line of lines) {
    if (isFree(line) && !isAnyPaid && lines.some((each) => !isFree(each))) break
    // when a cardholder did not come within a day, the next lines do not wait
    const patienceMs = refused.some(({ code }) => code === 'wait_expired') ? 0 : DAY_MS
    const failure = line.isPaid ? undefined : await payLine(line, story, patienceMs)
    if (!failure) {
      ifItFails(() => undoCharge(line, story))
      if (!isAnyPaid) await story.pointOfNoReturn()
      isAnyPaid = true
      await orRefund(() => retryForDays.settleLine(lineStep(line, story)))
      continue
    }
    if (isUndoFailed(failure)) ifItFails(() => undoCharge(line, story))
    if (operatorCauseOf(failure)) story.needsOperator(failure)
    if (isCancellation(failure) && !isAnyPaid && !lines.some(({ isPaid }) => isPaid)) throw failure
    firstFailure ??= failure
    refused.push({ line: line.id, ...refusalOfLine(failure) })
  }
  if (firstFailure && !isAnyPaid) throw firstFailure
  return refused
}

function refusalOfLine(failure: TemporalFailure): Refusal {
  if (isCancellation(failure)) return CANCELLED
  return isUndoFailed(failure) ? NOT_UNDONE : refusalIn(failure)
}

const isFree = ({ amount }: OpenedLine): boolean => amount.amountMinor === 0

/**
 * Pays one line, in a saga of its own. Waits at most `patienceMs` for the cardholder. When the line could not be paid,
 * undoes it and returns the failure. Throws any other error, because it is a bug.
 */
async function payLine(
  line: OpenedLine,
  story: Story,
  patienceMs: number,
): Promise<TemporalFailure | undefined> {
  try {
    await saga(async (ifItFails) => {
      ifItFails(() => undoCharge(line, story))
      await retryForMinutes.recheckPurchase(lineStep(line, story))
      story.checkpoint()
      const refusal = isFree(line) ? undefined : await chargeLine(line, story, patienceMs)
      if (refusal) throw failureOf(refusal)
    })
    return undefined
  } catch (failure) {
    if (!(failure instanceof TemporalFailure)) throw failure
    return failure
  }
}

const lineStep = ({ id: lineId, position }: OpenedLine, { operationId }: Pick<Story, 'operationId'>) => ({
  operationId,
  lineId,
  position,
  at: now(),
})

/**
 * From the first step on nothing is delivered for the line, and its charge is undone. When the bank does not undo it
 * after a few tries, the line does not hold up the others: `relay/owed-at-provider.ts` goes on.
 */
export async function undoCharge(line: OpenedLine, story: Pick<Story, 'operationId'>): Promise<void> {
  await retryForever.abandonLine(lineStep(line, story))
  await retryFewTimes.undoCharge(lineStep(line, story))
}

/** Undoes whatever the runs of an operation have paid or begun to pay. */
async function undoEveryLine(operationId: OperationId): Promise<void> {
  const { lines } = await retryForever.findOrder({ operationId, at: now() })
  await undoAll(lines.map((line) => () => undoCharge(line, { operationId })))
}

/**
 * Charges the saved card and returns the refusal, if any. If the bank asks for the cardholder, waits for them. A
 * payment that they confirm just before the end of the wait counts as paid.
 */
async function chargeLine(line: OpenedLine, story: Story, patienceMs: number): Promise<Refusal | undefined> {
  const summary = summaryOf(`line ${line.position} · ${moneyText(line.amount)}`)
  const answer = await orSettleDoubt(
    () => retryForMinutes.chargeLine.executeWithOptions({ summary }, [lineStep(line, story)]),
    () => retryForDays.settleDoubt(lineStep(line, story)),
  )
  if (!answer.wantsCardholder) return answer.refusal
  const look = () => retryForever.lookAtPayment(lineStep(line, story))
  const seen = patienceMs
    ? await story.waitFor({ for: 'authentication', until: Date.now() + patienceMs, look })
    : undefined
  const { refusal } = seen ?? (await retryForever.closePayment(lineStep(line, story)))
  return refusal
}

/**
 * When the tries of a charge are used up, money may have been taken: the answers may have been lost, or our database may
 * be away. So it looks for days, until it knows. Throws the failure again only when no money was taken.
 */
async function orSettleDoubt(
  charge: () => Promise<ChargeAnswer>,
  settle: () => Promise<ChargeAnswer | undefined>,
): Promise<ChargeAnswer> {
  try {
    return await charge()
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || failure.retryState === 'NON_RETRYABLE_FAILURE') throw failure
    const settled = await alertOperatorAfterAnHour(settle)
    if (!settled) throw failure
    return settled
  }
}

async function deliver(operationId: OperationId, refused: RefusedLine[]): Promise<PurchaseOutcome> {
  const delivery = deliveryOf(operationId, refused)
  return orRefund(() => retryForDays.deliverPurchase({ ...delivery, at: now() }))
}

/** Returns the result of a purchase that a lost run has delivered. It is tried without limit, and never taken back. */
export async function reportDelivery(operationId: OperationId): Promise<PurchaseOutcome> {
  const delivery = deliveryOf(operationId, [])
  return alertOperatorAfterAnHour(() => retryForever.deliverPurchase({ ...delivery, at: now() }))
}

const deliveryOf = (operationId: OperationId, refused: RefusedLine[]) => ({
  operationId,
  newProjectId: mintId('prj', Date.now(), Math.random),
  tokenId: mintId('ptk', Date.now(), Math.random),
  refused,
})

/** Runs a step after the pivot. If it does not succeed within three days, the story fails and refunds everything. */
async function orRefund<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await alertOperatorAfterAnHour(step)
  } catch (failure) {
    if (!(failure instanceof ActivityFailure)) throw failure
    const { code: type, message } = NOT_DELIVERED
    // benign: an operator was told for as long as it was tried, and nothing is owed when it is undone
    throw ApplicationFailure.create({ type, message, nonRetryable: true, category: 'BENIGN', cause: failure })
  }
}
