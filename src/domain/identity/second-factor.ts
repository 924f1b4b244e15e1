import type { CustomerId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lockCustomer } from './customer-changes.ts'
import { PasswordNeededAgain, SecondFactorIsOff, SecondFactorIsOn, WrongCode } from './errors.ts'
import { dropRecoveryCodes, newRecoveryCodes, recoveryCodesLeft } from './recovery-codes.ts'
import { endSessions, openSession, type Origin, type Session } from './session-store.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'

/** Encrypts a text and binds the result to the row that `about` names. */
export interface Sealing {
  seal: (text: string, about: string) => { keyId: string; sealed: Buffer }
  /** Throws for another key, another row or changed bytes. */
  open: (secret: { keyId: string; sealed: Buffer }, about: string) => string
}

/** A change that a signed-in person makes. */
export interface SecurityChange {
  session: Session
  at: Date
  request: string
}

export type SecondFactorState =
  | { state: 'off' }
  /** The person still has to add the app and enter a code. `secret` and `uri` both contain the secret. */
  | { state: 'starting'; secret: string; uri: string }
  | { state: 'on'; since: Date; recoveryCodesLeft: number }

export async function secondFactorOf(
  db: Db,
  sealing: Sealing,
  { customer, email }: Pick<Session, 'customer' | 'email'>,
): Promise<SecondFactorState> {
  const row = await factorOf(db, customer)
  if (!row) return { state: 'off' }
  if (row.confirmedAt)
    return { state: 'on', since: row.confirmedAt, recoveryCodesLeft: await recoveryCodesLeft(db, customer) }
  const secret = sealing.open(row, aboutTotp(customer))
  return { state: 'starting', secret, uri: totpUri(secret, email) }
}

/** Makes a new secret. Sign-ins do not ask for a code before `confirmSecondFactor`. Refuses `second_factor_is_on`. */
export async function startSecondFactor(
  db: Db,
  sealing: Sealing,
  { session: { customer }, at }: SecurityChange,
): Promise<void> {
  const { keyId, sealed } = sealing.seal(newTotpSecret(), aboutTotp(customer))
  const fresh = { key_id: keyId, sealed, created_at: at }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('second_factors')
    .values({ customer_id: customer, ...fresh })
    .onConflict((on) =>
      on.column('customer_id').doUpdateSet(fresh).where('second_factors.confirmed_at', 'is', null),
    )
    .executeTakeFirst()
  if (!numInsertedOrUpdatedRows) throw new SecondFactorIsOn()
}

/**
 * Turns the second factor on after a correct code of the app. Ends all sessions, and returns a new session for this
 * browser and ten recovery codes, which cannot be read again. Refuses `wrong_code`.
 */
export async function confirmSecondFactor(
  db: Db,
  sealing: Sealing,
  { session, at, request, code, from }: SecurityChange & { code: string; from: Origin },
): Promise<{ token: string; recoveryCodes: string[] }> {
  const { customer } = session
  return inTransaction(db, async (tx) => {
    const { email } = await locked(tx, customer)
    const row = await factorOf(tx, customer)
    if (!row) throw new SecondFactorIsOff()
    if (row.confirmedAt) throw new SecondFactorIsOn()
    const step = totpStep(sealing.open(row, aboutTotp(customer)), code, at)
    if (step === undefined) throw new WrongCode()
    await tx
      .updateTable('second_factors')
      .set({ confirmed_at: at, last_step: step })
      .where('customer_id', '=', customer)
      .execute()
    const recoveryCodes = await newRecoveryCodes(tx, customer)
    await endSessions(tx, customer)
    const token = await openSession(tx, { customer, methods: ['password', 'totp'], at, from })
    const data = { at: at.toISOString() }
    await queueMail(tx, { kind: 'second_factor_added', to: email, data, key: `${request}/second_factor`, at })
    await audited(tx, 'add_second_factor', customer, request)
    return { token, recoveryCodes }
  })
}

/** Refuses `second_factor_is_off`. */
export async function removeSecondFactor(
  db: Db,
  { session: { customer }, at, request }: SecurityChange,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const { email } = await locked(tx, customer)
    const { numDeletedRows } = await tx
      .deleteFrom('second_factors')
      .where('customer_id', '=', customer)
      .where('confirmed_at', 'is not', null)
      .executeTakeFirst()
    if (!numDeletedRows) throw new SecondFactorIsOff()
    await dropRecoveryCodes(tx, customer)
    const data = { at: at.toISOString() }
    await queueMail(tx, {
      kind: 'second_factor_removed',
      to: email,
      data,
      key: `${request}/second_factor`,
      at,
    })
    await audited(tx, 'remove_second_factor', customer, request)
  })
}

/** Replaces all recovery codes. The old ones no longer work. Refuses `second_factor_is_off`. */
export async function renewRecoveryCodes(
  db: Db,
  { session: { customer }, request }: SecurityChange,
): Promise<string[]> {
  return inTransaction(db, async (tx) => {
    await locked(tx, customer)
    const row = await factorOf(tx, customer)
    if (!row?.confirmedAt) throw new SecondFactorIsOff()
    const codes = await newRecoveryCodes(tx, customer)
    await audited(tx, 'renew_recovery_codes', customer, request)
    return codes
  })
}

/**
 * Whether the code is right and newer than the last accepted one. Two transactions never accept the same code
 * (RFC 6238, 5.2).
 */
export async function useTotpCode(
  tx: Db,
  sealing: Sealing,
  { customer, code, at }: { customer: CustomerId; code: string; at: Date },
): Promise<boolean> {
  const row = await factorOf(tx, customer)
  const step = row?.confirmedAt ? totpStep(sealing.open(row, aboutTotp(customer)), code, at) : undefined
  if (step === undefined) return false
  const { numUpdatedRows } = await tx
    .updateTable('second_factors')
    .set({ last_step: step })
    .where('customer_id', '=', customer)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

async function factorOf(db: Db, customer: CustomerId) {
  const row = await db
    .selectFrom('second_factors')
    .select(['key_id', 'sealed', 'confirmed_at'])
    .where('customer_id', '=', customer)
    .executeTakeFirst()
  return row && { keyId: row.key_id, sealed: row.sealed, confirmedAt: row.confirmed_at ?? undefined }
}

async function locked(tx: Db, customer: CustomerId) {
  const found = await lockCustomer(tx, customer)
  if (!found) throw new PasswordNeededAgain()
  return found
}

async function audited(tx: Db, action: string, customer: CustomerId, request: string): Promise<void> {
  await audit(tx, { chain: `customer:${customer}`, action, outcome: 'done', customer, request })
}

const aboutTotp = (customer: CustomerId) => `totp ${customer}`
