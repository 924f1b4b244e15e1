import { z } from 'zod'
import { BILLING_FIELDS, changeBillingDetails, type TypedDetails } from '#domain/billing'
import { orgArgument } from '#kernel/schemas'
import { InvalidInput } from '../../call/errors.ts'
import { foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

/** The domain checks it, as for the page. */
const text = z.string().max(2000).optional()

export default defineTool({
  kind: 'action',
  name: 'update_billing_details',
  title: 'Update billing details',
  description: `
    Says to whom an org's next invoices are made out. What is left out stays; with no field it only shows the details.`,
  scope: ['read', 'buy'],
  permission: 'manage_billing_details',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    legal_name: text,
    address: text.describe('1 to 5 lines, without the country'),
    country: text.describe('Such as DE'),
    vat_id: text.describe('Empty removes it'),
    email: text.describe('For receipts; empty: each buyer gets them'),
  }),
  output: z.looseObject({
    org: z.string(),
    legal_name: z.string().optional(),
    address: z.array(z.string()).optional(),
    country: z.string().optional(),
    vat_id: z.string().optional(),
    email: z.string().optional(),
    changed: z.array(z.string()),
  }),

  async run(input, { db, org, caller: by, at }) {
    const changed = await changeBillingDetails(db, { org: org.id, typed: typedIn(input), by, at })
    if (!('details' in changed)) {
      const [first] = changed
      const fields = changed.map(({ field }) => BILLING_FIELDS[field])
      const sentences = changed.map(({ field, sentence }) => `${BILLING_FIELDS[field]}: ${sentence}`)
      throw new InvalidInput(first ? BILLING_FIELDS[first.field] : 'input', sentences.join(' '), { fields })
    }
    const { details } = changed
    return {
      org: org.slug,
      ...(details && {
        legal_name: foreignText(details.legalName, SUMMARY),
        address: details.address.map((line) => foreignText(line, SUMMARY)),
        country: details.country,
        ...(details.vatId && { vat_id: details.vatId }),
        ...(details.email && { email: foreignText(details.email, SUMMARY) }),
      }),
      changed: changed.changed.map((field) => BILLING_FIELDS[field]),
    }
  },
})

const FIELDS = Object.entries(BILLING_FIELDS) as [keyof TypedDetails, keyof Given][]
type Given = Partial<Record<(typeof BILLING_FIELDS)[keyof TypedDetails], string | undefined>>

const typedIn = (given: Given): Partial<TypedDetails> =>
  Object.fromEntries(
    FIELDS.flatMap(([field, name]) => (given[name] === undefined ? [] : [[field, given[name]]])),
  )
