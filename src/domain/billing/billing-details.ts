import { countryName } from '#kernel/countries'
import type { OrgId } from '#kernel/ids'
import { isVatId, normalVatId, vatPrefixOf } from '#kernel/vat-ids'
import { audit, by as actor } from '#domain/audit'
import { assertMay, type Caller, orgForCustomer } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** To whom the invoices of an org are made out. */
export interface BillingDetails {
  legalName: string
  /** One to five lines, without the country. */
  address: readonly string[]
  /** ISO 3166-1 code. */
  country: string
  /** In capitals, without spaces. */
  vatId: string | undefined
  /** Where receipts are sent. Without it the buyer gets them. */
  email: string | undefined
}

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

/** What a person typed. */
export interface TypedDetails {
  legalName: string
  /** Lines separated by line feeds. */
  address: string
  country: string
  vatId: string
  email: string
}

export interface DetailMistake {
  field: keyof TypedDetails
  /** A sentence that says what to type. */
  sentence: string
}

/** Reads what a person typed: the details, or every mistake. Texts are trimmed, empty lines are left out. */
export function readBillingDetails(typed: TypedDetails): BillingDetails | readonly DetailMistake[] {
  const legalName = oneLine(typed.legalName)
  const address = typed.address.split('\n').map(oneLine).filter(Boolean)
  const vatId = normalVatId(typed.vatId)
  const email = typed.email.trim()
  const { country } = typed
  const mistakes: DetailMistake[] = []
  const note = (field: DetailMistake['field'], sentence: string) => mistakes.push({ field, sentence })
  if (!legalName || legalName.length > 200) note('legalName', 'Type the legal name, at most 200 characters.')
  if (!address.length) note('address', 'Type the address.')
  else if (address.length > MOST_LINES || address.some((line) => line.length > LONGEST_LINE))
    note('address', `Type at most ${MOST_LINES} lines of ${LONGEST_LINE} characters each.`)
  if (!countryName(country)) note('country', 'Choose a country from the list.')
  else if (vatId && !isVatId(country, vatId)) note('vatId', wrongVatId(country))
  if (email && !EMAIL.test(email)) note('email', 'Type an address such as invoices@shop.example.')
  if (mistakes.length) return mistakes
  return { legalName, address, country, vatId: vatId || undefined, email: email || undefined }
}

const MOST_LINES = 5
const LONGEST_LINE = 100
const EMAIL = /^(?=.{3,254}$)[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/

/** Control characters and marks that turn the direction of text would change what the rest of an invoice says. */
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

const wrongVatId = (country: string): string =>
  `This is no VAT id of ${countryName(country)}. It begins with ${vatPrefixOf(country)}; leave the field empty if you have none.`

export interface DetailsChange {
  org: OrgId
  details: BillingDetails
  by: Caller
  at: Date
}

/** Refuses `not_allowed` and what `orgForCustomer` refuses. Invoices that were issued stay as they are. */
export async function changeBillingDetails(db: Db, { org, details, by, at }: DetailsChange): Promise<void> {
  const { legalName, address, country, vatId, email } = details
  const values = {
    legal_name: legalName,
    address: [...address],
    country,
    vat_id: vatId ?? null,
    email: email ?? null,
    updated_by: by.customer,
    updated_at: at,
  }
  await inTransaction(db, async (tx) => {
    assertMay(await orgForCustomer(tx, by.customer, org), 'manage_billing_details')
    await tx
      .insertInto('billing_details')
      .values({ org_id: org, ...values })
      .onConflict((on) => on.column('org_id').doUpdateSet(values))
      .execute()
    await audit(tx, {
      chain: `org:${org}`,
      action: 'change_billing_details',
      outcome: 'done',
      ...actor(by),
      org,
      object: org,
    })
  })
}
