import crypto, { type Argon2Parameters } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { signIn } from '#domain/identity'
import { aCustomer, type Customer, passwords, START } from '../../support/a-customer.ts'
import { aDatabase } from '../../support/database.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** A failed sign-in: the work of each password check, the statements, and how long it took in ms. */
async function failsAt(email: string) {
  const argon2 = vi.spyOn(crypto, 'argon2')
  syncBuiltinESMExports()
  const { db, statements } = recordedStatements(database.db)
  const since = performance.now()
  try {
    const given = { email, password: 'wrong', network: '192.0.2.1', request: 'req_1', at: START }
    await expect(signIn(db, passwords, { ...given, previous: undefined })).rejects.toMatchObject({
      code: 'wrong_email_or_password',
    })
    const ms = performance.now() - since
    const hashes = argon2.mock.calls.map((call) => {
      const { memory, passes, parallelism, tagLength, nonce } = call[1] as Argon2Parameters
      return { memory, passes, parallelism, tagLength, nonce: (nonce as Buffer).length }
    })
    return { hashes, statements, ms }
  } finally {
    argon2.mockRestore()
    syncBuiltinESMExports()
  }
}

describe('somebody who tries addresses at the sign-in', () => {
  const people: Record<string, (ann: Customer) => Promise<string>> = {
    'no account has the address': async ({ email }) => `nobody-${email}`,
    'the account is disabled': async ({ email, disable }) => (await disable(START), email),
    'the account has no password': async ({ id, email }) => {
      await database.db.updateTable('customers').set({ password_phc: null }).where('id', '=', id).execute()
      return email
    },
  }

  test.for(Object.keys(people))('a failed sign-in does the same work when %s', async (who) => {
    const [ann, other] = [await aCustomer(database.db), await aCustomer(database.db)]

    const known = await failsAt(ann.email)
    const unknown = await failsAt(await people[who]!(other))

    expect(known.hashes).toEqual([{ memory: 19_456, passes: 2, parallelism: 1, tagLength: 32, nonce: 16 }])
    expect(unknown.hashes).toEqual(known.hashes)
    // only a known address has an audit log; the time of that is hidden by the next test
    expect(known.statements.slice(0, unknown.statements.length)).toEqual(unknown.statements)
    expect(unknown.statements.length).toBeGreaterThanOrEqual(known.statements.length - 1)
  })

  test('the time of a failed sign-in is a multiple of 150 ms, so that one statement more does not show', async () => {
    const ann = await aCustomer(database.db)
    const slow = { ...passwords, verify: () => new Promise<boolean>((done) => setTimeout(done, 170, false)) }
    const given = {
      password: 'wrong',
      network: '192.0.2.1',
      request: 'req_1',
      at: START,
      previous: undefined,
    }
    const timeOf = async (email: string) => {
      const since = performance.now()
      await signIn(database.db, slow, { ...given, email }).catch(() => undefined)
      return performance.now() - since
    }

    // a timer may fire a little early; a busy machine may take the next multiple
    expect(await timeOf(ann.email)).toBeGreaterThan(290)
    expect(await timeOf(`nobody-${ann.email}`)).toBeGreaterThan(290)
  })
})
