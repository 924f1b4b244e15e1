import { isDeepStrictEqual } from 'node:util'
import type { OrgId } from '#kernel/ids'
import { audit, by as actor } from '#domain/audit'
import { countAttempt } from '#domain/identity'
import { queueMail } from '#domain/mail'
import { type Caller, lockForMember, managersOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { TooManyReceiptAddresses } from './errors.ts'
import {
  type BillingDetails,
  type DetailMistake,
  readBillingDetails,
  type TypedDetails,
} from './read-billing-details.ts'

/** What an invoice has to say of its buyer. A VAT id is not asked for: a buyer may have none. */
export type NeededDetail = 'legal_name' | 'address' | 'country'

export async function findBillingDetails(db: Db, org: OrgId): Promise<BillingDetails | undefined> {
  const row = await db
    .selectFrom('billing_details')
    .select(['legal_name', 'address', 'country', 'vat_id', 'email'])
    .where('org_id', '=', org)
    .executeTakeFirst()
  if (!row) return undefined
  const { legal_name: legalName, address, country, vat_id, email } = row
  return { legalName, address, country, vatId: vat_id ?? undefined, email: email ?? undefined }
}

/** What a checkout asks for before the org's first invoice. Empty when nothing is missing. */
export async function missingBillingDetails(db: Db, org: OrgId): Promise<readonly NeededDetail[]> {
  return (await findBillingDetails(db, org)) ? [] : ['legal_name', 'address', 'country']
}

export interface DetailsChange {
  org: OrgId
  /** What is left out stays. An empty text removes it. */
  typed: Partial<TypedDetails>
  by: Caller
  at: Date
}

export interface ChangedDetails {
  /** Undefined when there are none. */
  details: BillingDetails | undefined
  /** The fields that have another value now. */
  changed: readonly (keyof BillingDetails)[]
}

/**
 * Changes what is typed, and returns the details, or every mistake. Audited, unless nothing changes. Invoices that were
 * issued stay as they are. When an assistant sends receipts elsewhere, the owners and admins get a mail. Refuses
 * what `lockForMember` refuses, and `too_many_receipt_addresses`.
 */
export async function changeBillingDetails(
  db: Db,
  change: DetailsChange,
): Promise<ChangedDetails | readonly DetailMistake[]> {
  const { org, typed, by } = change
  return inTransaction(db, async (tx) => {
    // of two changes at once, the second keeps what the first wrote
    const access = await lockForMember(tx, { caller: by, org: { id: org } }, 'manage_billing_details')
    const before = await findBillingDetails(tx, org)
    if (!Object.keys(typed).length) return { details: before, changed: [] }
    const details = readBillingDetails({ ...textsOf(before), ...typed })
    if (!('legalName' in details)) return details
    const changed = FIELDS.filter((field) => !isDeepStrictEqual(details[field], before?.[field]))
    if (!changed.length) return { details, changed }
    await storeDetails(tx, change, details)
    if (by.connection && changed.includes('email'))
      await mailNewReceiver(tx, { ...change, name: access.name, details })
    await audit(tx, {
      chain: `org:${org}`,
      action: 'change_billing_details',
      outcome: 'done',
      ...actor(by),
      org,
      object: org,
      detail: { changed: changed.map((field) => BILLING_FIELDS[field]).join(' ') },
    })
    return { details, changed }
  })
}

/** The names that tools, rows and the audit log use. */
export const BILLING_FIELDS = {
  legalName: 'legal_name',
  address: 'address',
  country: 'country',
  vatId: 'vat_id',
  email: 'email',
} as const satisfies Record<keyof BillingDetails, string>
const FIELDS = Object.keys(BILLING_FIELDS) as (keyof BillingDetails)[]

const textsOf = (details: BillingDetails | undefined): TypedDetails => ({
  legalName: details?.legalName ?? '',
  address: details?.address.join('\n') ?? '',
  country: details?.country ?? '',
  vatId: details?.vatId ?? '',
  email: details?.email ?? '',
})

async function storeDetails(
  tx: Db,
  { org, by, at }: DetailsChange,
  { legalName, address, country, vatId, email }: BillingDetails,
): Promise<void> {
  const values = {
    legal_name: legalName,
    address: [...address],
    country,
    vat_id: vatId ?? null,
    email: email ?? null,
    updated_by: by.customer,
    updated_at: at,
  }
  await tx
    .insertInto('billing_details')
    .values({ org_id: org, ...values })
    .onConflict((on) => on.column('org_id').doUpdateSet(values))
    .execute()
}

/** Changes of the receipt address by assistants of one org. Each change mails owners and admins. */
const RECEIPT_ADDRESS_CHANGES = { max: 3, windowMs: 60 * 60_000 }

/** Receipts show people what was bought, so that nobody can hide it by sending them elsewhere. */
async function mailNewReceiver(
  tx: Db,
  { org, name, by, at, details }: DetailsChange & { name: string; details: BillingDetails },
): Promise<void> {
  const limit = { key: `receipts_go_elsewhere/${org}`, ...RECEIPT_ADDRESS_CHANGES }
  const wait = await countAttempt(tx, limit, at)
  if (wait !== undefined) throw new TooManyReceiptAddresses(wait)
  const data = { org: name, email: details.email ?? '', client: by.clientName ?? '' }
  for (const { id, email: to } of await managersOf(tx, org))
    await queueMail(tx, {
      kind: 'receipts_go_elsewhere',
      to,
      data,
      key: `receipts_go_elsewhere/${org}/${at.getTime()}/${id}`,
      at,
    })
}
