import {
  ActivityFailure,
  ApplicationFailure,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { Refusal } from '#kernel/errors'
import { mintId, type OperationId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { OpenedLine, OpenedOrder } from '#activities'
import { orderIdAttribute, packageNameAttribute } from '../messages.ts'
import { operation, type Story } from '../operation.ts'
import { isUndoFailed, saga } from '../saga.ts'
import { fewTimes, forward, insist, now, untilDone } from '../steps.ts'

/** Buys an order's lines one after another, then lends the licences to a project and mints its credentials. */
export const purchaseAndInstallPackage = operation(async (story) => {
  const { operationId } = story
  const paid = await saga(async (ifItFails) => {
    ifItFails(() => untilDone.cancelOrder({ operationId, at: now() }))
    const order = await openOrder(operationId)
    story.checkpoint()
    if (order.needsCard) await aCardToCharge(story)
    await fewTimes.recheckPurchase({ operationId, at: now() })
    story.checkpoint()
    for (const line of order.lines) {
      ifItFails(() =>
        untilDone.undoCharge({ operationId, lineId: line.id, position: line.position, at: now() }),
      )
      await payLine(line, story)
    }
    return order.lines
  })
  // The charge was the last step that may fail. From here the story only goes forward.
  if (paid.length) await story.pointOfNoReturn()
  return deliver(operationId, paid)
})

async function openOrder(operationId: OperationId): Promise<OpenedOrder> {
  const orderId = mintId('ord', Date.now(), Math.random)
  const order = await fewTimes.openOrder({ operationId, orderId, at: now() })
  upsertSearchAttributes([
    { key: orderIdAttribute, value: order.id },
    { key: packageNameAttribute, value: order.packages },
  ])
  setCurrentDetails(`${order.packages.join(', ')} · ${moneyText(order.total)} · order ${order.id}`)
  return order
}

async function aCardToCharge({ operationId, waitFor }: Story): Promise<void> {
  const look = () => untilDone.lookForCard({ operationId, at: now() })
  const found = await waitFor({ for: 'payment_method', until: Date.now() + A_DAY, look })
  if (!found) throw refusalOf(NO_CARD_CAME)
}

const A_DAY = 24 * 60 * 60 * 1000
const NO_CARD_CAME: Refusal = {
  code: 'wait_expired',
  message: 'Nobody added a card within 24 hours; nothing was charged.',
  next_step: 'Add a card by start_add_payment_method, then buy again with a new idempotency_key.',
}

/** A refusal takes back what was paid before it. A free line has nothing to pay. */
async function payLine(line: OpenedLine, story: Story): Promise<void> {
  const refusal = line.amount.amountMinor > 0 ? await chargeLine(line, story) : undefined
  if (refusal) throw refusalOf(refusal)
}

/** Charges the saved card. If the bank wants the cardholder, waits for them for a day; paid at the last moment counts. */
async function chargeLine(line: OpenedLine, { operationId, waitFor }: Story): Promise<Refusal | undefined> {
  const { id: lineId, position, amount } = line
  const step = () => ({ operationId, lineId, position, at: now() })
  const summary = `line ${position} · ${moneyText(amount)}`
  const answer = await fewTimes.chargeLine.executeWithOptions({ summary }, [step()])
  if (!answer.wantsCardholder) return answer.refusal
  const look = () => untilDone.lookAtPayment(step())
  const seen = await waitFor({ for: 'authentication', until: Date.now() + A_DAY, look })
  const { refusal } = seen ?? (await untilDone.closePayment(step()))
  return refusal
}

/** What cannot be delivered in three days is paid back. */
async function deliver(operationId: OperationId, paid: readonly OpenedLine[]) {
  const newProjectId = mintId('prj', Date.now(), Math.random)
  const tokenId = mintId('ptk', Date.now(), Math.random)
  try {
    return await saga(async (ifItFails) => {
      ifItFails(() => untilDone.cancelOrder({ operationId, at: now() }))
      for (const { id: lineId, position } of paid) {
        ifItFails(() => untilDone.undoCharge({ operationId, lineId, position, at: now() }))
        await insist(() => forward.settleLine({ operationId, lineId, position, at: now() }))
      }
      return insist(() => forward.deliverPurchase({ operationId, newProjectId, tokenId, at: now() }))
    })
  } catch (failure) {
    if (isUndoFailed(failure) || !(failure instanceof ActivityFailure)) throw failure
    throw ApplicationFailure.create({
      type: 'could_not_be_delivered',
      message: 'The packages could not be delivered; what was paid was paid back.',
      details: ['Buy again with a new idempotency_key.'],
      nonRetryable: true,
      cause: failure,
    })
  }
}

const refusalOf = ({ code, message, next_step }: Refusal) =>
  ApplicationFailure.create({
    type: code,
    message,
    details: [next_step],
    nonRetryable: true,
    category: 'BENIGN',
  })
