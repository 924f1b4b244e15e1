import { randomBytes } from 'node:crypto'
import { bootstrapVendor } from '#contracts/bootstrap-vendor'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { changeBillingDetails } from '#domain/billing'
import { addToCart, removeFromCart } from '#domain/cart'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import { setVisibility, updatePackage } from '#domain/offers'
import { type Operations, operationsOn } from '#domain/operations'
import { openOrder } from '#domain/orders'
import type { Caller, OrgAccess } from '#domain/orgs'
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
import { revokeShare, shareProject } from '#domain/sharing'
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
import { makeCardDefault, removeCard } from '../../src/domain/billing/change-cards.ts'
import { aPendingShare, aProjectOf } from './a-share.ts'
import { aTeam, type Teammate } from './a-team.ts'
import { aGit } from './git.ts'
import { NO_SPENDING_LIMITS, recheckIn } from './spending.ts'
import { noTemporal } from './no-temporal.ts'

export const at = new Date()
export const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
export const minting = { key: undefined, publicUrl: 'https://market.example', seal: secrets.seal }

/** A new org with an owner, an admin, and a project with a token. */
export async function aShop(db: Db) {
  const team = await aTeam(db, 'owner', 'admin')
  const { org, people } = team
  const project = await aProjectOf(db, org.id, people.owner.customer)
  return { db, team, org, people, project, token: await aToken(db, project.id, people.owner) }
}
export type Shop = Awaited<ReturnType<typeof aShop>>

async function aToken(db: Db, project: ProjectId, { customer }: Teammate): Promise<ProjectTokenId> {
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
/** The change of a card by the admin. */
export const card = (shop: Shop) => ({ org: shop.org.id, id: 'pmt', by: shop.people.admin.caller, at })

async function anOperationOf({ db, org, people }: Shop) {
  const operations = operationsOn({ db, ...noTemporal })
  const { caller } = people.owner
  const started = { key: `key-${org.slug}`, caller, org: { ...org, role: 'owner' as const }, input: {}, at }
  const { operation } = await operations.startOrJoin(startAddPaymentMethod, started)
  return { operations, id: operation.id }
}

/** An operation that the admin started. */
async function begunBy(
  { db, org, people }: Shop,
  contract: Parameters<Operations['startOrJoin']>[0],
  input: Record<string, unknown>,
  caller: Caller = people.admin.caller,
): Promise<OperationId> {
  const started = {
    key: `key-${org.slug}`,
    caller,
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

/** The step of `bootstrap_vendor` that applies. */
export async function applicationByOperation(shop: Shop, caller?: Caller): Promise<unknown> {
  const { slug } = shop.org
  const operation = await begunBy(shop, bootstrapVendor, { slug, host: 'git.example' }, caller)
  return openApplication(shop.db, { operation, id: mintId('ven', at, Math.random), approves: false, at })
}

/** What an admin changes in an org. */
export const CHANGES: Record<string, (shop: Shop) => Promise<unknown>> = {
  setUpProject: (shop) => setUpProject(shop.db, { ...admin(shop), ...minting, input: { name: 'New' } }),
  createBareProject: (shop) =>
    createBareProject(shop.db, { ...admin(shop), ...minting, input: { name: 'New' } }),
  updateProject: (shop) =>
    updateProject(shop.db, { ...admin(shop), project: shop.project.slug, name: 'Mine' }),
  setArchived: (shop) => setArchived(shop.db, { ...admin(shop), project: shop.project.slug, archived: true }),
  setCooldown: (shop) =>
    setCooldown(shop.db, {
      ...admin(shop),
      actor: shop.people.admin.caller,
      project: shop.project.slug,
      days: 3,
    }),
  shareProject: (shop) =>
    shareProject(shop.db, secrets, {
      ...admin(shop),
      key: undefined,
      input: { project: shop.project.slug, email: 'gus@example.test', role: 'developer' },
    }),
  async revokeShare(shop) {
    const of = { org: shop.org.id, project: shop.project.id, by: shop.people.owner.customer }
    return revokeShare(shop.db, { ...admin(shop), share: await aPendingShare(shop.db, of) })
  },
  createProjectToken: (shop) =>
    createProjectToken(shop.db, { ...admin(shop), ...minting, input: { project: shop.project.slug } }),
  rotateToken: (shop) => rotateToken(shop.db, { ...admin(shop), ...minting, input: { token: shop.token } }),
  revokeToken: (shop) => revokeToken(shop.db, { ...admin(shop), token: shop.token }),
  activateLicence: (shop) => activateLicence(shop.db, { ...admin(shop), licence, project: shop.project.id }),
  deactivateLicence: (shop) =>
    deactivateLicence(shop.db, { ...admin(shop), licence, project: shop.project.id }),
  moveActivation: (shop) =>
    moveActivation(shop.db, { ...admin(shop), licence, from: shop.project.id, to: other }),
  addToCart: (shop) => addToCart(shop.db, { ...admin(shop), wanted: [{ package: 'northwind/module' }] }),
  removeFromCart: (shop) => removeFromCart(shop.db, { ...admin(shop), names: ['northwind/module'] }),
  makeCardDefault: (shop) => makeCardDefault(shop.db, card(shop)),
  removeCard: (shop) =>
    removeCard({ db: shop.db, payments: {} as never, recheck: recheckIn(shop.db), log: console }, card(shop)),
  disconnectGit: (shop) => aGit({ db: shop.db }).disconnect({ ...card(shop), id: 'git' }),
  withdrawVersion: (shop) =>
    withdrawVersion(shop.db, {
      by: admin(shop),
      package: 'northwind/module',
      version: '1.0.0',
      reason: 'Old',
    }),
  fileAdvisory: (shop) =>
    fileAdvisory(shop.db, {
      by: admin(shop),
      package: 'northwind/module',
      affectedVersions: '^1.0',
      title: 'A hole',
      severity: 'high',
      at,
    }),
  changeBillingDetails: (shop) =>
    changeBillingDetails(shop.db, { ...card(shop), typed: { legalName: 'Mine' } }),
  updatePackage: (shop) =>
    updatePackage(shop.db, { ...offer(shop), update: { package: 'northwind/module', title: 'Mine' } }),
  setVisibility: (shop) =>
    setVisibility(shop.db, { ...offer(shop), package: 'northwind/module', visibility: 'withdrawn' }),
  applyAsVendor: (shop) =>
    applyAsVendor(shop.db, {
      ...admin(shop),
      key: undefined,
      approves: false,
      input: { ...vendorFacts(shop), terms_version: VENDOR_TERMS_VERSION },
    }),
  changeApplication: (shop) => changeApplication(shop.db, { ...application(shop), facts: vendorFacts(shop) }),
  withdrawApplication: (shop) => withdrawApplication(shop.db, application(shop)),
  openApplication: (shop) => applicationByOperation(shop),
  async createPackage(shop) {
    const operation = await begunBy(shop, bootstrapVendor, { slug: shop.org.slug, host: 'git.example' })
    return createPackage(shop.db, { ref: { operation, position: 0 }, id: mintId('pkg', at, Math.random), at })
  },
  async openOrder(shop) {
    const input = { packages: ['northwind/module'], project: shop.project.id }
    return openOrder(shop.db, {
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
