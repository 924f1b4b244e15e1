import { hash } from 'node:crypto'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { normalEmail } from './customer-store.ts'

const KNOWN_MS = 90 * 24 * 60 * 60_000
const DELETED_AT_ONCE = 20

/** Call it when a sign-in is complete. Only a hash of the network is stored. */
export async function rememberNetwork(
  tx: Db,
  { customer, network, at }: { customer: CustomerId; network: string; at: Date },
): Promise<void> {
  await tx
    .insertInto('known_networks')
    .values({ customer_id: customer, network_hash: hashOf(network), last_at: at })
    .onConflict((on) => on.columns(['customer_id', 'network_hash']).doUpdateSet({ last_at: at }))
    .execute()
  await tx
    .deleteFrom('known_networks')
    .where('customer_id', '=', customer)
    .where('network_hash', 'in', (old) =>
      old
        .selectFrom('known_networks')
        .select('network_hash')
        .where('customer_id', '=', customer)
        .where('last_at', '<=', oldest(at))
        .limit(DELETED_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

/**
 * Whether a sign-in of this customer was completed from this network in the last 90 days. Runs the same statement for an
 * address without an account.
 */
export async function isKnownNetwork(
  db: Db,
  { of, network, at }: { of: { customer: CustomerId } | { email: string }; network: string; at: Date },
): Promise<boolean> {
  const found = await db
    .selectFrom('known_networks as n')
    .innerJoin('customers as u', 'u.id', 'n.customer_id')
    .select('n.last_at')
    .where((is) =>
      'customer' in of ? is('u.id', '=', of.customer) : is('u.email_norm', '=', normalEmail(of.email)),
    )
    .where('n.network_hash', '=', hashOf(network))
    .where('n.last_at', '>', oldest(at))
    .executeTakeFirst()
  return found !== undefined
}

/** Call it when the password changes, because somebody else may have signed in with the old one. */
export async function forgetNetworks(tx: Db, customer: CustomerId): Promise<void> {
  await tx.deleteFrom('known_networks').where('customer_id', '=', customer).execute()
}

const oldest = (at: Date) => new Date(at.getTime() - KNOWN_MS)

const hashOf = (network: string): Buffer => hash('sha256', network, 'buffer')
