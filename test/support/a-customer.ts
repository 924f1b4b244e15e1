import { expect } from 'vitest'
import { addCustomer, findSession, type SignIn, signIn } from '#domain/identity'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { cheapPasswords } from './passwords.ts'

export const PASSWORD = 'correct horse battery'
export const START = new Date('2026-11-24T10:00:00Z')
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const after = (ms: number) => new Date(START.getTime() + ms)

const hashed = { once: undefined as Promise<string> | undefined }

export type Customer = Awaited<ReturnType<typeof aCustomer>>

/** A new person with a password, and attempts to sign in; times are milliseconds after `START`. */
export async function aCustomer(db: Db) {
  const id = mintId('cst', START, Math.random)
  const email = `${id.slice(4).toLowerCase()}@example.test`
  const passwordPhc = await (hashed.once ??= cheapPasswords.hash(PASSWORD))
  await addCustomer(db, { id, email, displayName: 'Ann', at: START, passwordPhc })

  const given = { email, password: PASSWORD, network: '192.0.2.1', request: 'req_1', at: START }
  const tries = (other: Partial<SignIn> = {}) =>
    signIn(db, cheapPasswords, { ...given, previous: undefined, ...other })
  const found = (token: string, ms = 0) => findSession(db, token, after(ms))
  return {
    id,
    email,
    tries,
    found,
    isSignedIn: async (token: string, ms = 0) => (await found(token, ms)) !== undefined,
    disable: (at: Date | null) =>
      db.updateTable('customers').set({ disabled_at: at }).where('id', '=', id).execute(),
    async triesInVain(times: number, other: Partial<SignIn> = {}) {
      for (let i = 0; i < times; i++)
        await expect(tries({ password: 'wrong', ...other })).rejects.toMatchObject({
          code: 'wrong_email_or_password',
        })
    },
    /** The person's events in the audit log, oldest first: action, outcome, code. */
    async events() {
      const rows = await db
        .selectFrom('audit_events')
        .select('body')
        .where('chain', '=', `customer:${id}`)
        .orderBy('seq')
        .execute()
      return rows.map(({ body }) => {
        const { action, outcome, code } = JSON.parse(body) as Record<string, string>
        return [action, outcome, ...(code ? [code] : [])]
      })
    },
  }
}
