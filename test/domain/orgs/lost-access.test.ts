import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Access, accessTo, type Caller, deleteMember, setRole } from '#domain/orgs'
import {
  createBareProject,
  createProjectToken,
  revokeToken,
  rotateToken,
  setUpProject,
} from '#domain/projects'
import { endSharesWith, revokeShare } from '#domain/sharing'
import { removeMember } from '#domain/team'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { makeCardDefault } from '../../../src/domain/billing/change-cards.ts'
import { aGuestOf, aProjectOf } from '../../support/a-share.ts'
import { raceAfter, somebody, type Teammate } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection } from '../../support/mcp.ts'
import {
  applicationByOperation,
  aShop,
  at,
  card,
  CHANGES,
  minting,
  secrets,
  type Shop,
} from '../../support/changes-of-an-org.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

describe.for([
  ['removed', 'org_not_found'],
  ['made a viewer', 'not_allowed'],
] as const)('a member who is %s while a change waits', ([what, code]) => {
  test.for(Object.keys(CHANGES))(`a member who is ${what} meanwhile changes nothing by %s`, async (name) => {
    const shop = await aShop(db)
    const member = { org: shop.org.id, customer: shop.people.admin.customer }
    const lose = (tx: Db) =>
      what === 'removed' ? deleteMember(tx, member) : setRole(tx, { ...member, role: 'viewer' })

    const [outcome] = await raceAfter(db, shop.org.id, lose, async () => CHANGES[name]?.(shop))

    expect(outcome).toBe(code)
    expect((await shop.team.actions()).filter((each) => each !== 'start_operation')).toEqual([])
  })
})

describe('a guest whose share ends or changes while a change of keys waits', () => {
  async function aGuestsShop() {
    const shop = await aShop(db)
    const guest = await somebody(db, 'Gus')
    const by = { org: shop.org.id, by: shop.people.owner.customer, project: shop.project.slug }
    const share = await aGuestOf(db, secrets, { ...by, guest, role: 'developer' })
    const as = { caller: guest.caller, org: await accessTo(db, guest.customer, shop.org.id), at }
    return { ...shop, guest, share, as }
  }
  type GuestsShop = Awaited<ReturnType<typeof aGuestsShop>>

  const CHANGES_OF_A_GUEST: Record<string, (shop: GuestsShop) => Promise<unknown>> = {
    createProjectToken: ({ as, project }) =>
      createProjectToken(db, { ...as, ...minting, input: { project: project.slug } }),
    rotateToken: ({ as, token }) => rotateToken(db, { ...as, ...minting, input: { token } }),
    revokeToken: ({ as, token }) => revokeToken(db, { ...as, token }),
  }

  test.for(Object.keys(CHANGES_OF_A_GUEST))('%s is refused to a guest whose share ended', async (name) => {
    const shop = await aGuestsShop()
    const end = (tx: Db) =>
      endSharesWith(tx, { org: shop.org.id, customer: shop.guest.customer, because: 'revoked', at })

    const outcome = await raceAfter(db, shop.org.id, end, async () => CHANGES_OF_A_GUEST[name]?.(shop))

    expect(outcome).toEqual(['org_not_found'])
  })

  test.for(Object.keys(CHANGES_OF_A_GUEST))(
    '%s is refused to a guest who may only look now',
    async (name) => {
      const shop = await aGuestsShop()
      const narrow = (tx: Db) =>
        tx.updateTable('project_shares').set({ role: 'viewer' }).where('id', '=', shop.share).execute()

      const outcome = await raceAfter(db, shop.org.id, narrow, async () => CHANGES_OF_A_GUEST[name]?.(shop))

      expect(outcome).toEqual(['not_allowed'])
    },
  )

  test.for([
    ['createProjectToken', 'project_not_found'],
    ['rotateToken', 'project_token_not_found'],
    ['revokeToken', 'project_token_not_found'],
  ] as const)('%s is refused to a guest who keeps only another project', async ([name, code]) => {
    const shop = await aGuestsShop()
    const { org, guest, people, as } = shop
    const { id: other } = await aProjectOf(db, org.id, people.owner.customer, 'Other')
    const by = { org: org.id, by: people.owner.customer, project: other }
    await aGuestOf(db, secrets, { ...by, guest, role: 'developer' })
    const both = { ...shop, as: { ...as, org: await accessTo(db, guest.customer, org.id) } }
    const end = (tx: Db) =>
      tx
        .updateTable('project_shares')
        .set({ ended_at: at, ended_because: 'revoked' })
        .where('id', '=', shop.share)
        .execute()

    const outcome = await raceAfter(db, org.id, end, async () => CHANGES_OF_A_GUEST[name]?.(both))

    expect(outcome).toEqual([code])
  })

  test('keys that a guest makes while the share is revoked are in its list, or are refused', async () => {
    const shop = await aGuestsShop()
    const owner = { ...shop.team.by('owner'), org: { ...shop.org, role: 'owner' as const } }
    let listed = 0

    const [made] = await raceAfter(
      db,
      shop.org.id,
      async () => {},
      async () => CHANGES_OF_A_GUEST['createProjectToken']?.(shop),
      async () => {
        listed = (await revokeShare(db, { ...owner, share: shop.share })).tokens.length
      },
    )

    expect([made, listed]).toEqual(made === 'done' ? ['done', 1] : ['org_not_found', 0])
  })
})

test.for([
  ['setUpProject', setUpProject],
  ['createBareProject', createBareProject],
] as const)('%s repeats nothing to a member who became a viewer meanwhile', async ([, create]) => {
  const shop = await aShop(db)
  const { customer, caller } = shop.people.admin
  const of = { caller, org: { ...shop.org, role: 'admin' as const }, at, ...minting, key: 'key-repeated' }
  const repeat = async () => create(db, { ...of, input: { name: 'New' } })
  await repeat()
  const lose = (tx: Db) => setRole(tx, { org: shop.org.id, customer, role: 'viewer' })

  expect(await raceAfter(db, shop.org.id, lose, repeat)).toEqual(['not_allowed'])
})

describe.for(['the connection has ended', 'the account is disabled'] as const)(
  '%s while a change waits',
  (what) => {
    /** What a change by an assistant of the person is answered. */
    async function answered(
      shop: Shop,
      { customer, caller }: Teammate,
      change: (by: Caller) => Promise<unknown>,
    ) {
      const { connection } = await aConnection(db, { customer, activeOrg: shop.org.id })
      const end = (tx: Db) =>
        what === 'the account is disabled'
          ? tx.updateTable('customers').set({ disabled_at: at }).where('id', '=', customer).execute()
          : tx
              .updateTable('connections')
              .set({ revoked_at: at, revoke_reason: 'person' })
              .where('id', '=', connection)
              .execute()
      return raceAfter(db, shop.org.id, end, async () => change({ ...caller, connection }))
    }
    const tokenOf = (shop: Shop, org: Access) => (caller: Caller) =>
      createProjectToken(db, { caller, org, at, ...minting, input: { project: shop.project.slug } })

    test('a guest is refused', async () => {
      const shop = await aShop(db)
      const guest = await somebody(db, 'Gus')
      const by = { org: shop.org.id, by: shop.people.owner.customer, project: shop.project.slug }
      await aGuestOf(db, secrets, { ...by, guest, role: 'developer' })

      const change = tokenOf(shop, await accessTo(db, guest.customer, shop.org.id))
      expect(await answered(shop, guest, change)).toEqual(['org_not_found'])
    })

    test('a member is refused', async () => {
      const shop = await aShop(db)

      const change = tokenOf(shop, { ...shop.org, role: 'admin' })
      expect(await answered(shop, shop.people.admin, change)).toEqual(['org_not_found'])
    })

    test('a change that is for members alone is refused', async () => {
      const shop = await aShop(db)

      const change = (by: Caller) => makeCardDefault(db, { ...card(shop), by })
      expect(await answered(shop, shop.people.admin, change)).toEqual(['org_not_found'])
    })

    test('the step of an operation that applies as a vendor is refused', async () => {
      const shop = await aShop(db)

      const change = (by: Caller) => applicationByOperation(shop, by)
      expect(await answered(shop, shop.people.admin, change)).toEqual(['org_not_found'])
    })
  },
)

test('an assistant waits to change the default card while purchases are stopped, and is refused', async () => {
  const shop = await aShop(db)
  const { customer: by, caller } = shop.people.owner
  const assistant = { ...caller, connection: mintId('con', at, Math.random) }
  const stop = (tx: Db) =>
    tx.insertInto('spending_stops').values({ org_id: shop.org.id, stopped_by: by, stopped_at: at }).execute()

  const outcomes = await raceAfter(
    db,
    shop.org.id,
    stop,
    async () => makeCardDefault(db, { ...card(shop), by: assistant }),
    async () => makeCardDefault(db, card(shop)),
  )

  expect(outcomes).toEqual(['spending_stopped', 'payment_method_not_found'])
})

test('keys that a member makes while being removed are in the list of what is left, or are refused', async () => {
  const shop = await aShop(db)
  let left = 0

  const [made] = await raceAfter(
    db,
    shop.org.id,
    async () => {},
    async () => CHANGES['createProjectToken']?.(shop),
    async () => {
      const removed = await removeMember(db, {
        ...shop.team.by('owner'),
        member: shop.people.admin.customer,
      })
      left = removed.left.tokens.length
    },
  )

  expect([made, left]).toEqual(made === 'done' ? ['done', 1] : ['org_not_found', 0])
})
