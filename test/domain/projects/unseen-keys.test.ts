import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createProjectToken,
  liveKeys,
  projectOfKeys,
  readKeys,
  revokeToken,
  rotateToken,
  setUpProject,
} from '#domain/projects'
import { hashOfPrivateKey, keysIn } from '#domain/projects'
import type { Caller } from '#domain/orgs'
import type { OperationId, ProjectTokenId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  db = database.db
  market = await aMarket(db)
})
afterAll(() => database.close())

const AT = new Date('2026-11-20T10:00:00Z')
const later = (ms: number) => new Date(AT.getTime() + ms)
const DAY = 24 * 60 * 60_000

/** The texts of keys, unsealed. */
const seal = (text: string) => ({ keyId: 'a test', sealed: Buffer.from(text) })

const asked = async (caller: Caller = market.caller('buyer')) => ({
  caller,
  org: await market.access('buyer', 'acme-retail'),
  key: randomUUID(),
  publicUrl: 'https://market.example',
  seal,
  at: AT,
})

const tokenOf = async (operation: OperationId): Promise<ProjectTokenId> => {
  const { token_id } = await db
    .selectFrom('one_time_secrets')
    .select('token_id')
    .where('operation_id', '=', operation)
    .executeTakeFirstOrThrow()
  return token_id ?? 'ptk_'
}
const endOf = (token: ProjectTokenId) =>
  db
    .selectFrom('project_tokens')
    .select(['expires_at', 'ends_if_unused'])
    .where('id', '=', token)
    .executeTakeFirstOrThrow()
const reads = (operation: OperationId, at: Date, caller: Caller = market.caller('buyer')) =>
  readKeys(db, { operation, caller, at })

const UNSEEN = { expires_at: later(DAY), ends_if_unused: true }
const ENDLESS = { expires_at: null, ends_if_unused: false }

/** Each way to make keys in the browser. Returns the operation. */
const MADE: Record<string, () => Promise<OperationId>> = {
  'a purchase': async () => {
    const order = await aPaidOrder(market, { at: AT })
    await order.close()
    return order.operation
  },
  'a new project': async () =>
    (await setUpProject(db, { ...(await asked()), input: { name: randomUUID() } })).operation,
  'new keys': async () => {
    const { id: project } = await aProject(market)
    return (await createProjectToken(db, { ...(await asked()), input: { project } })).operation
  },
}

describe('keys that were made in the browser', () => {
  test.for(Object.entries(MADE))('keys of %s end after a day when nobody opens them', async ([, make]) => {
    const operation = await make()
    const token = await tokenOf(operation)

    expect(await endOf(token)).toEqual(UNSEEN)
    expect(await reads(operation, later(DAY + 1))).toBeUndefined()
    expect(await endOf(token)).toEqual(UNSEEN)
  })

  test.for(Object.entries(MADE))('keys of %s do not end once they were opened', async ([, make]) => {
    const operation = await make()
    const token = await tokenOf(operation)

    // two windows at once
    const read = await Promise.all([reads(operation, later(DAY)), reads(operation, later(DAY))])

    for (const keys of read) expect(keys).toHaveProperty('until', undefined)
    expect(await endOf(token)).toEqual(ENDLESS)
  })

  test('a purchase names no end of such keys, because they lose it when they are opened, and names that of replaced ones', async () => {
    const { id: project } = await aProject(market)
    const { operation } = await createProjectToken(db, { ...(await asked()), input: { project } })

    const unseen = await liveKeys(db, { project, at: AT })
    const token = await tokenOf(operation)
    await rotateToken(db, { ...(await asked()), input: { token, overlap_hours: 1 } })
    const both = await liveKeys(db, { project, at: AT })
    const replaced = both.find(({ publicKey }) => publicKey === unseen[0]?.publicKey)

    expect(unseen).toMatchObject([{ until: undefined }])
    expect(replaced?.until).toEqual(later(DAY / 24))
  })

  test('opened keys work after the day, unseen ones are refused as expired', async () => {
    const [seen, unseen] = [await MADE['new keys']?.(), await MADE['new keys']?.()] as [
      OperationId,
      OperationId,
    ]
    const sealedIn = async (operation: OperationId) =>
      keysIn(
        (
          await db
            .selectFrom('one_time_secrets')
            .select('sealed')
            .where('operation_id', '=', operation)
            .executeTakeFirstOrThrow()
        ).sealed.toString(),
      )
    const opens = async (operation: OperationId) => {
      const { publicKey, privateKey } = await sealedIn(operation)
      return projectOfKeys(db, {
        publicKey,
        privateKeyHash: hashOfPrivateKey(privateKey),
        at: later(2 * DAY),
      })
    }
    await reads(seen, AT)

    expect(await opens(seen)).toHaveProperty('project')
    expect(await opens(unseen)).toMatchObject({ refused: 'expired_key', endedAt: later(DAY) })
  })

  test('who lost the role meanwhile opens nothing, and the keys end', async () => {
    const operation = (await MADE['a purchase']?.()) as OperationId
    const token = await tokenOf(operation)
    const members = db.updateTable('org_members').where('customer_id', '=', market.person('buyer'))
    await members.set({ role: 'viewer' }).execute()
    const seen = await reads(operation, AT)
    await members.set({ role: 'owner' }).execute()

    expect([seen, await endOf(token)]).toEqual([undefined, UNSEEN])
  })

  test('keys that were rotated or revoked before they were opened keep their end', async () => {
    const operation = (await MADE['new keys']?.()) as OperationId
    const token = await tokenOf(operation)
    await rotateToken(db, { ...(await asked()), input: { token, overlap_hours: 1 } })

    expect(await reads(operation, AT)).toHaveProperty('until', later(DAY / 24))
    expect(await endOf(token)).toEqual({ expires_at: later(DAY / 24), ends_if_unused: false })
    expect(await reads(operation, later(DAY / 24))).toBeUndefined()

    const { caller, org } = await asked()
    await revokeToken(db, { caller, org, token, at: AT })
    expect(await reads(operation, AT)).toBeUndefined()
  })

  test('keys that are opened while they are revoked end, and neither waits for the other for ever', async () => {
    const operation = (await MADE['new keys']?.()) as OperationId
    const token = await tokenOf(operation)
    const { caller, org } = await asked()

    await Promise.all([reads(operation, AT), revokeToken(db, { caller, org, token, at: AT })])

    const { revoked_at } = await db
      .selectFrom('project_tokens')
      .select('revoked_at')
      .where('id', '=', token)
      .executeTakeFirstOrThrow()
    expect(revoked_at).toEqual(AT)
  })
})

test('keys of an assistant have no end until newer ones take their place, and then opening them keeps it', async () => {
  const customer = market.person('buyer')
  const { connection } = await aConnection(db, { customer, activeOrg: market.org('acme-retail') })
  const caller = { ...market.caller('buyer'), connection }
  const { id: project } = await aProject(market)
  const make = async () =>
    (await createProjectToken(db, { ...(await asked(caller)), input: { project } })).operation

  const first = await make()
  const token = await tokenOf(first)
  expect(await endOf(token)).toEqual(ENDLESS)
  await make()
  expect(await endOf(token)).toEqual(UNSEEN)
  expect(await reads(first, AT, caller)).toBeDefined()
  expect(await endOf(token)).toEqual(UNSEEN)
})
