import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'

export default defineStoryTool({
  name: 'start_add_payment_method',
  title: 'Add a card',
  description: `
    Returns a URL where the user enters a card for the org; we never see card data. It waits for 24 hours: show the
    URL, then call get_operation. Purchases of the org that wait for a card then continue by themselves.`,
  scope: ['read', 'buy'],
  permission: 'buy',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: startAddPaymentMethod,
  input: startAddPaymentMethod.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run({ idempotency_key: key }, context) {
    const { caller, org, operations, at } = context
    return operations.startOrJoin(startAddPaymentMethod, { key, caller, org, input: {}, at })
  },
})
