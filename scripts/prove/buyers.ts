import { addBillingAccount, addPaymentMethod } from '#domain/billing'
import { createConnection, mintAccessToken } from '#domain/connections'
import { addCustomer, openPasswords } from '#domain/identity'
import { addMember, addOrg, SCOPES } from '#domain/orgs'
import { setSpendingRules } from '#domain/spending'
import { type ConnectionId, type CustomerId, mintId, type OrgId } from '#kernel/ids'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'
import type { Deployment } from './deployment.ts'

/** A person who owns every org of a round, and who acts for all of them in one browser. */
export interface Person {
  id: CustomerId
  email: string
  password: string
}

/** An org with a connected assistant. */
export interface Buyer {
  org: OrgId
  connection: ConnectionId
  token: string
}

/** Ids of test cards at the stand-in. */
export const CARDS = {
  works: 'pm_card_visa',
  asksCardholder: 'pm_card_authenticationRequired',
  isDeclined: 'pm_card_chargeCustomerFail',
} as const
export type CardKind = keyof typeof CARDS

export async function aPerson({ db }: Deployment): Promise<Person> {
  const at = new Date()
  const id = mintId('cst', at, Math.random)
  const email = `${id.slice(4).toLowerCase()}@example.test`
  const passwordPhc = await openPasswords().hash(SANDBOX_PASSWORD)
  await addCustomer(db, { id, email, displayName: 'Pru Prover', passwordPhc, at })
  return { id, email, password: SANDBOX_PASSWORD }
}

/** A new org of a person. Each purchase has its own, so that no purchase changes what another one may do. */
export async function aBuyer(
  deployment: Deployment,
  person: Person,
  { card, mostPerPurchase }: { card?: CardKind | undefined; mostPerPurchase?: number | undefined },
): Promise<Buyer> {
  const { db, publicUrl } = deployment
  const at = new Date()
  const org = mintId('org', at, Math.random)
  await addOrg(db, { id: org, slug: `o-${org.slice(4).toLowerCase()}`, name: 'A round', at })
  await addMember(db, { org, customer: person.id, role: 'owner', at })
  if (card) await saveCard(deployment, org, CARDS[card])
  const connection = mintId('con', at, Math.random)
  const client = { clientId: 'https://client.example/metadata.json', clientName: 'A prover' }
  await createConnection(db, {
    id: connection,
    ...client,
    customer: person.id,
    activeOrg: org,
    scopes: SCOPES,
    at,
  })
  if (mostPerPurchase !== undefined) {
    const limit = { perPurchase: mostPerPurchase, perDay: 100_000, perMonth: 100_000 }
    const rules = { limits: [{ currency: 'EUR', ...limit }], vendors: 'all' as const, subscriptions: true }
    await setSpendingRules(db, { connection, by: person.id, rules, at })
  }
  const token = await mintAccessToken(db, { connection, aud: `${publicUrl}/mcp`, ttl: 3600, at })
  return { org, connection, token }
}

async function saveCard({ db, payments }: Deployment, org: OrgId, paymentMethod: string): Promise<void> {
  const at = new Date()
  const customer = await payments.createCustomer({ org })
  const { id: stripePaymentMethodId, ...card } = await payments.attachCard({ org, customer, paymentMethod })
  await addBillingAccount(db, { org, stripeCustomerId: customer, at })
  const id = mintId('pmt', at, Math.random)
  await addPaymentMethod(db, { id, org, stripePaymentMethodId, ...card, isDefault: true, at })
}
