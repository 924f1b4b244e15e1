import { z } from 'zod'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { quotePurchase, assertValidPurchase } from '#domain/cart'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'
import { shownQuote } from '../cart/quote-view.ts'
import { nextStep } from '../../operations/handle-schema.ts'

export default defineStoryTool({
  name: 'purchase_and_install_package',
  title: 'Buy a package and install it',
  description: `
    Buys packages on the org's saved card, activates them on a project and returns its auth.json. Buy only after a
    yes to the notes of a dry_run. The same idempotency_key never charges twice.`,
  scope: ['read', 'projects', 'buy'],
  permission: 'buy',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: {
    story: purchaseAndInstallPackage.story,
    output: purchaseAndInstallPackage.output.extend(nextStep),
  },
  input: purchaseAndInstallPackage.input.extend({
    org: orgArgument,
    idempotency_key: idempotencyKey,
    dry_run: z.boolean().optional().describe('Shows the effect'),
  }),

  async run(args, context) {
    const { org: _, idempotency_key: key, dry_run, ...input } = args
    const { db, caller, org, operations, secrets, spending: settings, at } = context
    assertValidPurchase(input, org.role)
    if (dry_run) {
      const quoteKey = secrets.deriveKey('quote')
      const spender = { connection: caller.connection, settings }
      return { dryRun: shownQuote(await quotePurchase(db, { org, input, at, quoteKey, spender })) }
    }
    return operations.startOrJoin(purchaseAndInstallPackage, { key, caller, org, input, at })
  },
})
