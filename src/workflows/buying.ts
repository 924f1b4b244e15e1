import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  setCurrentDetails,
  TemporalFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { PurchaseOutcome } from '#contracts/purchase'
import type { Refusal } from '#kernel/errors'
import { mintId, type OperationId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { OpenedLine, OpenedOrder, RefusedLine } from '#activities'
import { orderIdAttribute, packageNameAttribute } from '#contracts/messages'
import { refusalIn, type Story } from './operation.ts'
import { CANCELLED, failureOf, NO_CARD_TO_CHARGE, NOT_DELIVERED, NOT_TAKEN_BACK } from './refusals.ts'
import { isUndoFailed, saga } from './saga.ts'
import { retryFewTimes, retryForDays, alertOperatorAfterAnHour, now, retryForever } from './steps.ts'

/**
 * Buys an order's lines one after another, each by itself: a refused one undoes itself and spares the others. Then
 * lends the licences to a project and mints its credentials. The story of every tool that buys.
 */
export async function buyAndDeliver(story: Story): Promise<PurchaseOutcome> {
  const { operationId } = story
  return saga(async (ifItFails) => {
    ifItFails(() => retryForever.cancelOrder({ operationId, at: now() }))
    const order = await openOrder(operationId)
    story.checkpoint()
    if (order.needsCard) await aCardToCharge(story)
    if (!order.lines.length) await retryFewTimes.recheckPurchase({ operationId, at: now() })
    const refused = await payLines(order.lines, story, ifItFails)
    // The charges were the last steps that may fail. From here the story only goes forward.
    return deliver(operationId, refused)
  })
}

async function openOrder(operationId: OperationId): Promise<OpenedOrder> {
  const orderId = mintId('ord', Date.now(), Math.random)
  const order = await retryFewTimes.openOrder({ operationId, orderId, at: now() })
  upsertSearchAttributes([
    { key: orderIdAttribute, value: order.id },
    { key: packageNameAttribute, value: order.packages },
  ])
  setCurrentDetails(`${order.packages.join(', ')} · ${moneyText(order.total)} · order ${order.id}`)
  return order
}

async function aCardToCharge({ operationId, waitFor }: Story): Promise<void> {
  const look = () => retryForever.lookForCard({ operationId, at: now() })
  const found = await waitFor({ for: 'payment_method', until: Date.now() + A_DAY, look })
  if (!found) throw failureOf(NO_CARD_TO_CHARGE)
}

const A_DAY = 24 * 60 * 60 * 1000

/**
 * Pays one line after another; what is paid is the org's at once. Lines that cost money come first, and when none of
 * them is paid nothing is given for free either: then the first failure is the story's. From the first paid line on
 * the story cannot be cancelled but in a wait; a cancellation spares the lines that are left. Answers why some were not
 * bought. A line that could not be taken back is tried again if all is taken back, and else somebody looks.
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
    // who did not come for one line in a day is not waited for again
    const patience = refused.some(({ code }) => code === 'wait_expired') ? 0 : A_DAY
    const failure = await payLine(line, story, patience)
    if (!failure) {
      ifItFails(() => undoCharge(line, story))
      if (!isAnyPaid) await story.pointOfNoReturn()
      isAnyPaid = true
      await orRefund(() => retryForDays.settleLine(stepOf(line, story)))
      continue
    }
    if (isUndoFailed(failure)) {
      ifItFails(() => undoCharge(line, story))
      story.needsOperator(failure)
    }
    if (isCancellation(failure) && !isAnyPaid) throw failure
    firstFailure ??= failure
    refused.push({ line: line.id, ...whyNot(failure) })
  }
  if (firstFailure && !isAnyPaid) throw firstFailure
  return refused
}

function whyNot(failure: TemporalFailure): Refusal {
  if (isCancellation(failure)) return CANCELLED
  return isUndoFailed(failure) ? NOT_TAKEN_BACK : refusalIn(failure)
}

const isFree = ({ amount }: OpenedLine): boolean => amount.amountMinor === 0

/**
 * One line, with a way back of its own; `patience`: how long to wait for the cardholder, in ms. Answers why it was not
 * paid, once that is undone. A bug goes on as it is.
 */
async function payLine(
  line: OpenedLine,
  story: Story,
  patience: number,
): Promise<TemporalFailure | undefined> {
  try {
    await saga(async (ifItFails) => {
      ifItFails(() => undoCharge(line, story))
      await retryFewTimes.recheckPurchase(stepOf(line, story))
      story.checkpoint()
      const refusal = isFree(line) ? undefined : await chargeLine(line, story, patience)
      if (refusal) throw failureOf(refusal)
    })
    return undefined
  } catch (failure) {
    if (!(failure instanceof TemporalFailure)) throw failure
    return failure
  }
}

const stepOf = ({ id: lineId, position }: OpenedLine, { operationId }: Pick<Story, 'operationId'>) => ({
  operationId,
  lineId,
  position,
  at: now(),
})

const undoCharge = (line: OpenedLine, story: Pick<Story, 'operationId'>) =>
  retryForever.undoCharge(stepOf(line, story))

/** Charges the saved card. If the bank wants the cardholder, waits for them; paid at the last moment counts. */
async function chargeLine(line: OpenedLine, story: Story, patience: number): Promise<Refusal | undefined> {
  const summary = `line ${line.position} · ${moneyText(line.amount)}`
  const answer = await retryFewTimes.chargeLine.executeWithOptions({ summary }, [stepOf(line, story)])
  if (!answer.wantsCardholder) return answer.refusal
  const look = () => retryForever.lookAtPayment(stepOf(line, story))
  const seen = patience
    ? await story.waitFor({ for: 'authentication', until: Date.now() + patience, look })
    : undefined
  const { refusal } = seen ?? (await retryForever.closePayment(stepOf(line, story)))
  return refusal
}

async function deliver(operationId: OperationId, refused: RefusedLine[]): Promise<PurchaseOutcome> {
  const newProjectId = mintId('prj', Date.now(), Math.random)
  const tokenId = mintId('ptk', Date.now(), Math.random)
  return orRefund(() =>
    retryForDays.deliverPurchase({ operationId, newProjectId, tokenId, refused, at: now() }),
  )
}

/** A step after the money: what cannot be done in three days fails the story, which then pays everything back. */
async function orRefund<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await alertOperatorAfterAnHour(step)
  } catch (failure) {
    if (!(failure instanceof ActivityFailure)) throw failure
    const { code: type, message } = NOT_DELIVERED
    // not benign: somebody has to look at it
    throw ApplicationFailure.create({ type, message, nonRetryable: true, cause: failure })
  }
}
