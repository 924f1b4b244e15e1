import type { CustomerId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lockCustomer } from './customer-changes.ts'
import { PasswordNeededAgain, TooManySignIns, WrongCode } from './errors.ts'
import { countGuess, forgetGuesses, type GuessLimits, guessLimits } from './guess-limits.ts'
import { isKnownNetwork } from './known-networks.ts'
import { isRecoveryCode, recoveryCodesLeft, useRecoveryCode } from './recovery-codes.ts'
import { type Sealing, useTotpCode } from './second-factor.ts'
import {
  findHalfSession,
  openSession,
  type Origin,
  type Session,
  type SignInMethod,
} from './session-store.ts'

const PER_NETWORK = 5

export interface EnteredCode {
  /** The token of the half session that the password began. */
  token: string
  /** A code of the app, or a recovery code. */
  code: string
  from: Origin
  at: Date
  request: string
}

/**
 * Completes a sign-in. Returns the token of a new session; the half session ends. Refuses `wrong_code`. After five
 * wrong codes it refuses `too_many_sign_ins` until 15 minutes are over, and the password has to be entered again. It also
 * limits the codes of an app from many networks, because they have only 6 digits; then a recovery code still works.
 */
export async function enterCode(db: Db, sealing: Sealing, given: EnteredCode): Promise<string> {
  const half = await findHalfSession(db, given.token, given.at)
  if (!half) throw new PasswordNeededAgain()
  const limits = await count(db, half, given)
  const token = await complete(db, sealing, half, { ...given, limits })
  if (token) return token
  await refuse(db, half, given)
  throw new WrongCode()
}

type HalfSession = Pick<Session, 'customer' | 'idHash'>

async function count(db: Db, half: HalfSession, { code, from, at }: EnteredCode): Promise<GuessLimits> {
  const { customer } = half
  const { network } = from
  const isKnown = await isKnownNetwork(db, { of: { customer }, network, at })
  const limits = guessLimits({ about: `code/${customer}/`, network, isKnown, max: PER_NETWORK })
  const { here, wider } = limits
  const refusing = await countGuess(db, isRecoveryCode(code) ? [here] : [here, ...wider], at)
  if (!refusing) return limits
  const isHere = refusing.limit === here
  if (isHere) await endHalf(db, half)
  throw new TooManySignIns(refusing.wait, isHere ? undefined : 'recovery_code')
}

async function complete(
  db: Db,
  sealing: Sealing,
  { customer, idHash }: HalfSession,
  { code, from, at, request, limits }: EnteredCode & { limits: GuessLimits },
): Promise<string | undefined> {
  return inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    const method = person && (await methodOf(tx, sealing, { customer, code, at }))
    if (!method) return undefined
    if (!(await endHalf(tx, { customer, idHash }))) throw new PasswordNeededAgain()
    await forgetGuesses(tx, limits)
    const token = await openSession(tx, { customer, methods: ['password', method], at, from })
    if (method === 'recovery_code') {
      const data = { at: at.toISOString(), left: await recoveryCodesLeft(tx, customer) }
      await queueMail(tx, { kind: 'recovery_code_used', to: person.email, data, key: `${request}/code`, at })
    }
    const detail = { method }
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'enter_code',
      outcome: 'done',
      customer,
      request,
      detail,
    })
    return token
  })
}

async function methodOf(
  tx: Db,
  sealing: Sealing,
  given: { customer: CustomerId; code: string; at: Date },
): Promise<SignInMethod | undefined> {
  const { code } = given
  if (isRecoveryCode(code)) return (await useRecoveryCode(tx, given)) ? 'recovery_code' : undefined
  return (await useTotpCode(tx, sealing, { ...given, code: code.replaceAll(/\s/g, '') })) ? 'totp' : undefined
}

/** Warns the customer at most once a day, because a person who enters wrong codes knows the password. */
async function refuse(db: Db, { customer }: HalfSession, { at, request }: EnteredCode): Promise<void> {
  await inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    const key = `second_factor_failing/${customer}/${at.toISOString().slice(0, 10)}`
    const data = { at: at.toISOString() }
    if (person) await queueMail(tx, { kind: 'second_factor_failing', to: person.email, data, key, at })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'enter_code',
      outcome: 'refused',
      code: 'wrong_code',
      customer,
      request,
    })
  })
}

/** Returns false when it has ended already. */
async function endHalf(tx: Db, { idHash }: HalfSession): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('sessions').where('id_hash', '=', idHash).executeTakeFirst()
  return numDeletedRows > 0n
}
