import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapVendor } from '#contracts/bootstrap-vendor'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { changeBillingDetails } from '#domain/billing'
import { addToCart, removeFromCart } from '#domain/cart'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import { setVisibility, updatePackage } from '#domain/offers'
import { type Operations, operationsOn } from '#domain/operations'
import { openOrder } from '#domain/orders'
import { accessTo, deleteMember, type OrgAccess, setRole } from '#domain/orgs'
import {
  addProjectToken,
  createBareProject,
  createProjectToken,
  newKeyPair,
  revokeToken,
  rotateToken,
  setArchived,
  setCooldown,
  setUpProject,
  updateProject,
} from '#domain/projects'
import { createPackage } from '#domain/publications'
import { fileAdvisory, withdrawVersion } from '#domain/publishing'
import { endSharesWith, revokeShare, shareProject } from '#domain/sharing'
import { removeMember } from '#domain/team'
import {
  applyAsVendor,
  changeApplication,
  openApplication,
  VENDOR_TERMS_VERSION,
  withdrawApplication,
} from '#domain/vendors'
import { mintId, type OperationId, type ProjectId, type ProjectTokenId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { makeCardDefault, removeCard } from '../../../src/domain/billing/change-cards.ts'
import { aGuestOf, aPendingShare, aProjectOf } from '../../support/a-share.ts'
import { aTeam, raceAfter, somebody, type Teammate } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { aGit } from '../../support/git.ts'
import { NO_SPENDING_LIMITS, recheckIn } from '../../support/spending.ts'
import { noTemporal } from '../../support/no-temporal.ts'

const at = new Date()
const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
const minting = { key: undefined, publicUrl: 'https://market.example', seal: secrets.seal }

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

async function aShop() {
  const team = await aTeam(db, 'owner', 'admin')
  const { org, people } = team
  const project = await aProjectOf(db, org.id, people.owner.customer)
  return { team, org, people, project, token: await aToken(project.id, people.owner) }
}
type Shop = Awaited<ReturnType<typeof aShop>>

async function aToken(project: ProjectId, { customer }: Teammate): Promise<ProjectTokenId> {
  const id = mintId('ptk', at, Math.random)
  await addProjectToken(db, { id, project, label: 'ci', keys: newKeyPair(), createdBy: customer, at })
  return id
}

/** The admin, with the role at the time when the request was let in. */
const admin = ({ org, people }: Shop) => ({
  caller: people.admin.caller,
  org: { ...org, role: 'admin' } as OrgAccess,
  at,
})
const [licence, other] = [mintId('lic', at, Math.random), mintId('prj', at, Math.random)]
const card = (shop: Shop) => ({ org: shop.org.id, id: 'pmt', by: shop.people.admin.caller, at })

async function anOperationOf({ org, people }: Shop) {
  const operations = operationsOn({ db, ...noTemporal })
  const { caller } = people.owner
  const started = { key: `key-${org.slug}`, caller, org: { ...org, role: 'owner' as const }, input: {}, at }
  const { operation } = await operations.startOrJoin(startAddPaymentMethod, started)
  return { operations, id: operation.id }
}

/** An operation that the admin started. */
async function begunBy(
  { org, people }: Shop,
  contract: Parameters<Operations['startOrJoin']>[0],
  input: Record<string, unknown>,
): Promise<OperationId> {
  const started = {
    key: `key-${org.slug}`,
    caller: people.admin.caller,
    org: { ...org, role: 'admin' as const },
  }
  const { operation } = await operationsOn({ db, ...noTemporal }).startOrJoin(contract, {
    ...started,
    input,
    at,
  })
  return operation.id
}
const offer = (shop: Shop) => ({ ...admin(shop), key: `key-${shop.org.slug}`, currencies: ['EUR'] })
const application = (shop: Shop) => ({
  by: shop.people.admin.caller,
  org: admin(shop).org,
  id: mintId('ven', at, Math.random),
  at,
})
const vendorFacts = ({ org }: Shop) => ({
  slug: org.slug,
  name: 'Initech',
  website: 'https://initech.example',
})

/** What an admin changes in an org. */
const CHANGES: Record<string, (shop: Shop) => Promise<unknown>> = {
  setUpProject: (shop) => setUpProject(db, { ...admin(shop), ...minting, input: { name: 'New' } }),
  createBareProject: (shop) => createBareProject(db, { ...admin(shop), ...minting, input: { name: 'New' } }),
  updateProject: (shop) => updateProject(db, { ...admin(shop), project: shop.project.slug, name: 'Mine' }),
  setArchived: (shop) => setArchived(db, { ...admin(shop), project: shop.project.slug, archived: true }),
  setCooldown: (shop) =>
    setCooldown(db, { ...admin(shop), actor: shop.people.admin.caller, project: shop.project.slug, days: 3 }),
  shareProject: (shop) =>
    shareProject(db, secrets, {
      ...admin(shop),
      key: undefined,
      input: { project: shop.project.slug, email: 'gus@example.test', role: 'developer' },
    }),
  async revokeShare(shop) {
    const of = { org: shop.org.id, project: shop.project.id, by: shop.people.owner.customer }
    return revokeShare(db, { ...admin(shop), share: await aPendingShare(db, of) })
  },
  createProjectToken: (shop) =>
    createProjectToken(db, { ...admin(shop), ...minting, input: { project: shop.project.slug } }),
  rotateToken: (shop) => rotateToken(db, { ...admin(shop), ...minting, input: { token: shop.token } }),
  revokeToken: (shop) => revokeToken(db, { ...admin(shop), token: shop.token }),
  activateLicence: (shop) => activateLicence(db, { ...admin(shop), licence, project: shop.project.id }),
  deactivateLicence: (shop) => deactivateLicence(db, { ...admin(shop), licence, project: shop.project.id }),
  moveActivation: (shop) => moveActivation(db, { ...admin(shop), licence, from: shop.project.id, to: other }),
  addToCart: (shop) => addToCart(db, { ...admin(shop), wanted: [{ package: 'northwind/module' }] }),
  removeFromCart: (shop) => removeFromCart(db, { ...admin(shop), names: ['northwind/module'] }),
  makeCardDefault: (shop) => makeCardDefault(db, card(shop)),
  removeCard: (shop) =>
    removeCard({ db, payments: {} as never, recheck: recheckIn(db), log: console }, card(shop)),
  disconnectGit: (shop) => aGit({ db }).disconnect({ ...card(shop), id: 'git' }),
  withdrawVersion: (shop) =>
    withdrawVersion(db, { by: admin(shop), package: 'northwind/module', version: '1.0.0', reason: 'Old' }),
  fileAdvisory: (shop) =>
    fileAdvisory(db, {
      by: admin(shop),
      package: 'northwind/module',
      affectedVersions: '^1.0',
      title: 'A hole',
      severity: 'high',
      at,
    }),
  changeBillingDetails: ({ org, people }) =>
    changeBillingDetails(db, { org: org.id, typed: { legalName: 'Mine' }, by: people.admin.caller, at }),
  updatePackage: (shop) =>
    updatePackage(db, { ...offer(shop), update: { package: 'northwind/module', title: 'Mine' } }),
  setVisibility: (shop) =>
    setVisibility(db, { ...offer(shop), package: 'northwind/module', visibility: 'withdrawn' }),
  applyAsVendor: (shop) =>
    applyAsVendor(db, {
      ...admin(shop),
      key: undefined,
      approves: false,
      input: { ...vendorFacts(shop), terms_version: VENDOR_TERMS_VERSION },
    }),
  changeApplication: (shop) => changeApplication(db, { ...application(shop), facts: vendorFacts(shop) }),
  withdrawApplication: (shop) => withdrawApplication(db, application(shop)),
  async openApplication(shop) {
    const operation = await begunBy(shop, bootstrapVendor, { slug: shop.org.slug, host: 'git.example' })
    return openApplication(db, { operation, id: mintId('ven', at, Math.random), approves: false, at })
  },
  async createPackage(shop) {
    const operation = await begunBy(shop, bootstrapVendor, { slug: shop.org.slug, host: 'git.example' })
    return createPackage(db, { ref: { operation, position: 0 }, id: mintId('pkg', at, Math.random), at })
  },
  async openOrder(shop) {
    const input = { packages: ['northwind/module'], project: shop.project.id }
    return openOrder(db, {
      operationId: await begunBy(shop, purchaseAndInstallPackage, input),
      orderId: mintId('ord', at, Math.random),
      quoteKey: Buffer.alloc(32),
      spending: NO_SPENDING_LIMITS,
      at,
    })
  },
  async cancelOperation(shop) {
    const { operations, id } = await anOperationOf(shop)
    return operations.cancel({ ...admin(shop), id })
  },
}

describe.for([
  ['removed', 'org_not_found'],
  ['made a viewer', 'not_allowed'],
] as const)('a member who is %s while a change waits', ([what, code]) => {
  test.for(Object.keys(CHANGES))(`a member who is ${what} meanwhile changes nothing by %s`, async (name) => {
    const shop = await aShop()
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
    const shop = await aShop()
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

test('an assistant waits to change the default card while purchases are stopped, and is refused', async () => {
  const shop = await aShop()
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
  const shop = await aShop()
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
