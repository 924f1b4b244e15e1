import { mintId, type OrgId } from '#kernel/ids'
import { addBillingAccount, addPaymentMethod } from '#domain/billing'
import { addCustomer } from '#domain/identity'
import { addMember, addOrg, createPersonalOrg } from '#domain/orgs'
import { addProjectToken, createProject, newKeyPair } from '#domain/projects'
import type { Db } from '#platform/database'
import type { Card, Payments } from '#platform/payments'
import { ORGS, PEOPLE } from './cast.ts'

/** A card saved at the provider for an org that is about to be seeded. */
export interface SavedCard extends Card {
  customer: string
}

/**
 * Runs before any row is written, because the provider is outside the transaction. Idempotency keys make a repeat
 * harmless.
 */
export async function saveCards(
  payments: Payments,
  orgs: Map<string, OrgId>,
): Promise<Map<string, SavedCard>> {
  const saved = new Map<string, SavedCard>()
  for (const [slug, { card }] of Object.entries(ORGS)) {
    const org = orgs.get(slug)
    if (!card || !org) continue
    const customer = await payments.createCustomer({ org })
    const attached = await payments.attachCard({ org, customer, paymentMethod: card })
    saved.set(slug, { ...attached, customer })
  }
  return saved
}

interface NewPeople {
  orgs: Map<string, OrgId>
  /** Hash of the sandbox password. All people share one hash, because each takes 30 ms. */
  passwordPhc: string
  at: Date
}

export async function seedPeople(tx: Db, { orgs, passwordPhc, at }: NewPeople): Promise<void> {
  for (const [slug, id] of orgs) await addOrg(tx, { id, slug, name: ORGS[slug]?.name ?? slug, at })
  for (const { email, displayName, isOperator, orgs: memberships } of PEOPLE) {
    const customer = mintId('cst', at, Math.random)
    const person = { id: customer, email, displayName, passwordPhc, at }
    await addCustomer(tx, { ...person, ...(isOperator && { isOperator }) })
    let joined = at.getTime()
    for (const [slug, role] of Object.entries(memberships)) {
      const org = orgs.get(slug)
      if (org) await addMember(tx, { org, customer, role, at: new Date(joined++) })
      if (org && slug === 'acme-retail' && role === 'owner') await seedProject(tx, org, customer, at)
    }
  }
}

/**
 * Gives each person the org that a sign-up gives. They join it last, because the oldest membership is the default. The
 * market of a test has none, so that a viewer there may do nothing at all.
 */
export async function seedPersonalOrgs(tx: Db, at: Date): Promise<void> {
  const joined = new Date(at.getTime() + 1_000)
  const people = await tx.selectFrom('customers').select(['id', 'email_norm', 'display_name']).execute()
  for (const { id: customer, email_norm: email, display_name: name } of people)
    await createPersonalOrg(tx, { customer, email, name, at: joined })
}

export async function seedCards(
  tx: Db,
  { orgs, cards, at }: { orgs: Map<string, OrgId>; cards: Map<string, SavedCard>; at: Date },
): Promise<void> {
  for (const [slug, card] of cards) {
    const org = orgs.get(slug)
    if (org) await seedCard(tx, org, card, at)
  }
}

async function seedCard(tx: Db, org: OrgId, card: SavedCard, at: Date): Promise<void> {
  await addBillingAccount(tx, { org, stripeCustomerId: card.customer, at })
  await addPaymentMethod(tx, {
    id: mintId('pmt', at, Math.random),
    org,
    stripePaymentMethodId: card.id,
    brand: card.brand,
    last4: card.last4,
    expMonth: card.expMonth,
    expYear: card.expYear,
    isDefault: true,
    at,
  })
}

async function seedProject(tx: Db, org: OrgId, owner: `cst_${string}`, at: Date): Promise<void> {
  const id = mintId('prj', at, Math.random)
  await createProject(tx, {
    id,
    orgId: org,
    name: 'Staging shop',
    edition: 'open-source',
    createdBy: owner,
    at,
  })
  await addProjectToken(tx, {
    id: mintId('ptk', at, Math.random),
    project: id,
    label: 'staging server',
    keys: newKeyPair(),
    createdBy: owner,
    at,
  })
}
