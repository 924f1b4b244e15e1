import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {
  type ConnectionId,
  type CustomerId,
  mintId,
  type OrgId,
  type PackageId,
  type ProjectId,
  type VendorId,
} from '#kernel/ids'
import { type Caller, type OrgAccess, orgForCustomer, type Scope, SCOPES } from '#domain/orgs'
import { addProjectToken, createProject, newKeyPair } from '#domain/projects'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import type { Payments } from '#platform/payments'
import { openDiskStorage, type Storage } from '#platform/storage'
import { ORGS, PEOPLE } from '../../sandbox/seed/cast.ts'
import { saveCards, type SavedCard, seedCards } from '../../sandbox/seed/people.ts'
import { copyZips, ingestMarket, makeZips, MARKET_SINCE, restoreMarket } from './market-snapshot.ts'

export { MARKET_SINCE } from './market-snapshot.ts'

/** The people and packages of the sandbox in one database; lookups throw for an unknown name. */
export interface Market {
  db: Db
  /** The part of the mail address before the `@`, such as `buyer`. */
  person: (name: string) => CustomerId
  /** By slug. */
  org: (slug: string) => OrgId
  vendor: (slug: string) => VendorId
  /** By Composer name. */
  package: (name: string) => PackageId
  /** A person as the caller of a door: in the browser, unless a connection is given. */
  caller: (name: string, more?: { connection?: ConnectionId; scopes?: readonly Scope[] }) => Caller
  /** The access of that person to an org. */
  access: (name: string, org: string) => Promise<OrgAccess>
}

/**
 * Fills a migrated database with the demo market in about 50 ms, from the rows that `global-setup.ts` stored; a bench
 * has none and ingests the packages itself. Without `payments` its cards are only rows in the
 * database. `acme-retail` has a card that works.
 */
export async function aMarket(db: Db, { payments }: { payments?: Payments } = {}): Promise<Market> {
  const stored = process.env['DEMO_MARKET']
  const orgs = stored
    ? await restoreMarket(db, stored)
    : await inATemporaryFolder((dir) => ingestMarket(db, dir))
  const cards = payments ? await saveCards(payments, orgs) : cardsAsRowsOnly(orgs)
  await inTransaction(db, (tx) => seedCards(tx, { orgs, cards, at: MARKET_SINCE }))
  const { people, vendors, products } = await idsIn(db)
  const person = (name: string) => known(people, `${name}@example.test`)
  return {
    db,
    person,
    org: (slug) => known(orgs, slug),
    vendor: (slug) => known(vendors, slug),
    package: (name) => known(products, name),
    caller: (name, { connection, scopes = SCOPES } = {}) => {
      const { displayName } = PEOPLE.find(({ email }) => email === `${name}@example.test`) ?? {}
      return {
        customer: person(name),
        scopes,
        ...(connection && { connection, clientName: `${displayName}'s client` }),
      }
    },
    access: (name, org) => orgForCustomer(db, person(name), org),
  }
}

async function inATemporaryFolder<T>(run: (dir: string) => Promise<T>): Promise<T> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'demo-market-'))
  try {
    return await run(dir)
  } finally {
    await fs.rm(dir, { recursive: true, force: true })
  }
}

/** A new storage with the zips of all demo packages. */
export async function aStorage(): Promise<{ storage: Storage; dir: string; remove: () => Promise<void> }> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'storage-'))
  const storage = openDiskStorage(dir)
  const stored = process.env['DEMO_MARKET']
  if (stored) await copyZips(stored, dir)
  else await inATemporaryFolder((own) => makeZips(own, storage))
  return { storage, dir, remove: () => fs.rm(dir, { recursive: true, force: true }) }
}

export interface ProjectWanted {
  /** Slug; default: `acme-retail`. The person `buyer` creates the project. */
  org?: string
  name?: string
  edition?: 'open-source' | 'commerce' | 'commerce-cloud'
}

export interface TestProject {
  id: ProjectId
  org: OrgId
  slug: string
}

export async function aProject(
  market: Market,
  { org = 'acme-retail', name = 'A shop', edition = 'open-source' }: ProjectWanted = {},
): Promise<TestProject> {
  const id = mintId('prj', MARKET_SINCE, Math.random)
  const orgId = market.org(org)
  const { slug } = await createProject(market.db, {
    id,
    orgId,
    name,
    edition,
    createdBy: market.person('buyer'),
    at: MARKET_SINCE,
  })
  return { id, org: orgId, slug }
}

/** A project token: its id, and the keys that are user name and password for Composer. */
export async function aProjectToken(
  market: Market,
  project: ProjectId,
  {
    label = 'a server',
    by: createdBy = market.person('buyer'),
    at = MARKET_SINCE,
  }: { label?: string; by?: CustomerId; at?: Date } = {},
) {
  const id = mintId('ptk', at, Math.random)
  const keys = newKeyPair()
  await addProjectToken(market.db, { id, project, label, keys, createdBy, at })
  return { id, ...keys }
}

/** Cards that exist only in the database, not at a payment provider. */
function cardsAsRowsOnly(orgs: Map<string, OrgId>): Map<string, SavedCard> {
  const cards = [...orgs].filter(([slug]) => ORGS[slug]?.card)
  return new Map(
    cards.map(([slug]) => [
      slug,
      {
        customer: `cus_${randomUUID()}`,
        id: `pm_${randomUUID()}`,
        brand: 'visa',
        last4: '4242',
        expMonth: 12,
        expYear: 2040,
      },
    ]),
  )
}

async function idsIn(db: Db) {
  const people = await db.selectFrom('customers').select(['email_norm', 'id']).execute()
  const vendors = await db.selectFrom('vendors').select(['slug', 'id']).execute()
  const products = await db.selectFrom('packages').select(['name', 'id']).execute()
  return {
    people: new Map(people.map(({ email_norm, id }) => [email_norm, id])),
    vendors: new Map(vendors.map(({ slug, id }) => [slug, id])),
    products: new Map(products.map(({ name, id }) => [name, id])),
  }
}

function known<T>(ids: Map<string, T>, name: string): T {
  const id = ids.get(name)
  if (!id) throw new Error(`the demo market has no ${name}`)
  return id
}
