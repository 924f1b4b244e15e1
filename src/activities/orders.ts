import type { PurchaseOutcome } from '#contracts/purchase'
import type { LineId, OperationId, OrderId, ProjectId, ProjectTokenId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import * as orders from '#domain/orders'
import { isSpendingRule } from '#domain/spending'
import type { Payments } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

export interface OpenedLine {
  id: LineId
  position: number
  amount: Money
  /** Already paid, by a run that was lost. */
  isPaid: boolean
}
export interface OpenedOrder {
  id: OrderId
  lines: OpenedLine[]
  packages: string[]
  total: Money
  /** A line costs money, and the org has no card to charge. */
  needsCard: boolean
}
/** The input of every step: its operation, and the time of the workflow's clock (ISO, UTC). */
export interface StepInput {
  operationId: OperationId
  at: string
}
export interface LineStepInput extends StepInput {
  lineId: LineId
  /** 1 for the first line. Only for logs and progress texts. */
  position: number
}

interface DeliveryInput extends StepInput {
  newProjectId: ProjectId
  tokenId: ProjectTokenId
  refused: orders.RefusedLine[]
}

type OrderDependencies = Pick<
  Dependencies,
  'db' | 'secrets' | 'publicUrl' | 'spending' | 'seller' | 'log'
> & {
  payments: Pick<Payments, 'getIntent'>
}

export function orderActivities(deps: OrderDependencies) {
  const { db, payments, secrets, publicUrl, spending, seller, log } = deps
  const delivering = { publicUrl, seal: secrets.seal, seller }
  const quoteKey = secrets.deriveKey('quote')
  /** Whether the payment of a line has succeeded; our rows may not know it yet. */
  async function isPaidAtProvider(line: LineId): Promise<boolean> {
    const charge = await orders.chargeToCollect(db, line)
    if (!charge?.intentId) return false
    const { status } = await payments.getIntent(charge.intentId)
    return status === 'succeeded'
  }
  /** What was paid is delivered by now, so a failure here only leaves the advice out. */
  async function neededBeside(operation: OperationId, outcome: PurchaseOutcome) {
    try {
      return await orders.neededBeside(db, operation, outcome)
    } catch (error) {
      log.error({ err: error, operation }, 'a result does not say what its packages also need')
      return {}
    }
  }
  return {
    async openOrder({ operationId, orderId, at }: StepInput & { orderId: OrderId }): Promise<OpenedOrder> {
      const opened = await orders.openOrder(db, {
        operationId,
        orderId,
        quoteKey,
        spending,
        at: new Date(at),
      })
      const { id, lines, total, decided } = opened
      const needsCard = orders.linesWithoutCard(opened).length > 0
      return { id, lines, total, needsCard, packages: decided.map((each) => each.package) }
    },

    /** What an undo needs to know of an order. No lines when there is none. */
    async findOrder({ operationId }: StepInput): Promise<{ lines: OpenedLine[]; isDelivered: boolean }> {
      const order = await orders.orderOf(db, operationId)
      return { lines: order?.lines ?? [], isDelivered: order?.isClosed ?? false }
    },

    async cancelOrder({ operationId, at }: StepInput): Promise<void> {
      await orders.cancelOrder(db, { operationId, at: new Date(at) })
    },

    async recheckPurchase({ operationId, lineId, at }: StepInput & Partial<LineStepInput>): Promise<void> {
      try {
        await orders.recheckPurchase(db, { operationId, line: lineId, spending, at: new Date(at) })
      } catch (error) {
        // as in `lookAtPayment`: a limit that was lowered does not take back what a lost run was paid
        if (!isSpendingRule(error) || !lineId || !(await isPaidAtProvider(lineId))) throw error
      }
    },

    async settleLine({ lineId, at }: LineStepInput): Promise<void> {
      await orders.settleLine(db, { line: lineId, at: new Date(at) })
    },

    async deliverPurchase(delivery: DeliveryInput): Promise<PurchaseOutcome> {
      const at = new Date(delivery.at)
      const outcome = await orders.deliverPurchase(db, { ...delivery, ...delivering, at })
      return { ...outcome, ...(await neededBeside(delivery.operationId, outcome)) }
    },
  }
}
