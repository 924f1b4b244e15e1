import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#kernel/canonical-json'
import { sumOf } from '#kernel/money'
import type { DB } from '../../platform/tables.ts'
import type { InvoiceDocument } from './invoice.ts'

/** The SHA-256 of what an invoice says. It is not the hash of the PDF, whose bytes may change with its layout or library. */
export const hashOfDocument = (document: InvoiceDocument): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex')

export const totalOf = ({ lines }: Pick<InvoiceDocument, 'lines'>, currency: string) =>
  sumOf(
    currency,
    lines.map(({ amount: amountMinor }) => ({ amountMinor, currency })),
  )

type Stored = Pick<
  Selectable<DB['invoices']>,
  'document_sha256' | 'order_id' | 'org_id' | 'year' | 'n' | 'issued_at' | 'total_amount' | 'currency'
>

const FIRST_DOCUMENT = z.looseObject({
  issued: z.undefined().optional(),
  seller: z.looseObject({ name: z.string(), address: z.array(z.string()) }),
  buyer: z.looseObject({ name: z.string(), address: z.array(z.string()) }),
  suppliedAt: z.iso.datetime(),
  lines: z.array(z.looseObject({ amount: z.int(), items: z.array(z.looseObject({ amount: z.int() })) })),
  tax: z.looseObject({ kind: z.literal('none') }),
})

/**
 * Which part of a stored invoice is not as it was issued: its document, or the columns beside it. Undefined when all is
 * as issued. The first invoices have no hash, so only the form, the order and the total of their documents are compared.
 */
export function changedPart(row: Stored, stored: unknown): 'document' | 'columns' | undefined {
  const document = stored as InvoiceDocument
  const { document_sha256: hash } = row
  if (hash === null ? !FIRST_DOCUMENT.safeParse(stored).success : !hasHash(document, hash)) return 'document'
  const { issued } = document
  const isSame =
    document.order === row.order_id &&
    totalOf(document, row.currency).amountMinor === row.total_amount &&
    (!issued ||
      (issued.org === row.org_id &&
        issued.year === row.year &&
        issued.n === row.n &&
        issued.at === row.issued_at.toISOString() &&
        issued.total === row.total_amount &&
        issued.currency === row.currency))
  return isSame ? undefined : 'columns'
}

function hasHash(document: InvoiceDocument, hash: string): boolean {
  try {
    return hashOfDocument(document) === hash
  } catch (error) {
    // canonical JSON refuses this number, so somebody changed the document
    if (error instanceof RangeError) return false
    throw error
  }
}
