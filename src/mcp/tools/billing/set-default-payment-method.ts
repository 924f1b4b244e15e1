import { z } from 'zod'
import { makeCardDefault } from '#domain/billing'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'action',
  name: 'set_default_payment_method',
  title: 'Set the default card',
  description: `
    Makes a saved card the one that purchases charge unless they name another. Ask the user first: a purchase that waits
    for a card goes on with it.`,
  scope: ['read', 'buy'],
  permission: 'buy',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    payment_method: z.string().min(1).max(64).describe('From list_payment_methods'),
  }),
  output: z.looseObject({ org: z.string(), payment_method: z.string() }),

  async run({ payment_method: id }, { db, org, caller: by, at }) {
    await makeCardDefault(db, { org: org.id, id, by, at })
    return { org: org.slug, payment_method: id }
  },
})
