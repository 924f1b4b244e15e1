import { hash, randomInt } from 'node:crypto'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

const CODES = 10
/** Without letters that look like digits. */
const ALPHABET = '23456789abcdefghjkmnpqrstvwxyz'
const GROUPS = 4
const GROUP_LENGTH = 4

/** Replaces all recovery codes of a customer. Returns the new ones, of which only the hashes are stored. */
export async function newRecoveryCodes(tx: Db, customer: CustomerId): Promise<string[]> {
  const codes = Array.from({ length: CODES }, newCode)
  await dropRecoveryCodes(tx, customer)
  await tx
    .insertInto('recovery_codes')
    .values(codes.map((code) => ({ customer_id: customer, code_hash: hashOf(code) })))
    .execute()
  return codes
}

export async function dropRecoveryCodes(tx: Db, customer: CustomerId): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('customer_id', '=', customer).execute()
}

/** Uses a code up. Returns false when it is wrong or was used before, also by a transaction that races. */
export async function useRecoveryCode(
  tx: Db,
  { customer, code, at }: { customer: CustomerId; code: string; at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: at })
    .where('customer_id', '=', customer)
    .where('code_hash', '=', hashOf(code))
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function recoveryCodesLeft(db: Db, customer: CustomerId): Promise<number> {
  const { left } = await db
    .selectFrom('recovery_codes')
    .select((of) => of.fn.countAll<number>().as('left'))
    .where('customer_id', '=', customer)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(left)
}

/** Whether a text has the form of a recovery code, as written by a person. */
export const isRecoveryCode = (text: string) => normal(text).length === GROUPS * GROUP_LENGTH

function newCode(): string {
  const group = () =>
    Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}

const normal = (code: string) => code.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** A code has 78 random bits, so it needs no salt and no slow function. */
const hashOf = (code: string): Buffer => hash('sha256', normal(code), 'buffer')
