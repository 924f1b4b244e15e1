import {
  type ActivationId,
  type ChargeId,
  type LicenceId,
  type LineId,
  mintId,
  type OrderId,
  type OrgId,
  type PackageId,
  type ProjectId,
} from '#kernel/ids'
import { reserveLicence } from '#domain/licensing'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import type { Edition, LicenceStatus, PriceModel } from '../../src/platform/tables.ts'
import { type Market, MARKET_SINCE } from './demo-market.ts'

export interface LicenceWanted {
  /** Composer name. The licence is bought at the listed price. */
  package: string
  /** Slug; default: `acme-retail`. */
  org?: string
  edition?: Edition
  /** The project it is activated on; default: none. */
  project?: ProjectId
  status?: Exclude<LicenceStatus, 'reserved'>
  /** Default: a year after `at` for a yearly price, else no end. */
  validUntil?: Date
  slots?: number
  at?: Date
}

export interface GrantedLicence {
  id: LicenceId
  activation: ActivationId | undefined
  order: OrderId
  line: LineId
  /** Missing for a free licence. */
  charge: ChargeId | undefined
}

/** A licence with everything it needs: operation, order, paid line, item and, unless it is free, a charge. */
export async function aLicence(market: Market, wanted: LicenceWanted): Promise<GrantedLicence> {
  const { at = MARKET_SINCE, edition = 'open-source' } = wanted
  const id = mintId('lic', at, Math.random)
  return inTransaction(market.db, async (tx) => {
    const terms = await termsOf(tx, { packageId: market.package(wanted.package), edition })
    const sale = await aSale(tx, market, { ...wanted, at, edition }, terms)
    await reserveLicence(tx, {
      id,
      org: sale.org,
      packageId: terms.packageId,
      edition,
      model: terms.model,
      item: sale.item,
      at,
    })
    const aYearOn = new Date(at.getTime() + 365 * 86_400_000)
    await tx
      .updateTable('licences')
      .set({
        status: wanted.status ?? 'active',
        activated_at: at,
        slots: wanted.slots ?? 1,
        valid_until: wanted.validUntil ?? (terms.model === 'yearly' ? aYearOn : null),
      })
      .where('id', '=', id)
      .execute()
    const activation = wanted.project && mintId('act', at, Math.random)
    if (activation)
      await tx
        .insertInto('activations')
        .values({
          id: activation,
          org_id: sale.org,
          licence_id: id,
          package_id: terms.packageId,
          project_id: wanted.project ?? null,
          slot: 1,
          reserved_at: at,
          activated_at: at,
        })
        .execute()
    const { order, line, charge } = sale
    return { id, activation, order, line, charge }
  })
}

type Terms = Awaited<ReturnType<typeof termsOf>>

/** The terms at the listed price; a package without a price is free. */
async function termsOf(tx: Db, { packageId, edition }: { packageId: PackageId; edition: Edition }) {
  const price = await tx
    .selectFrom('package_prices')
    .select(['model', 'amount', 'currency'])
    .where('package_id', '=', packageId)
    .where('edition', '=', edition)
    .executeTakeFirst()
  const { vendor_id } = await tx
    .selectFrom('packages')
    .select('vendor_id')
    .where('id', '=', packageId)
    .executeTakeFirstOrThrow()
  const free = { model: 'free' as PriceModel, amount: 0, currency: 'EUR' }
  return { packageId, vendor: vendor_id, edition, ...(price ?? free) }
}

async function aSale(tx: Db, market: Market, wanted: LicenceWanted & { at: Date }, terms: Terms) {
  const { at, org: slug = 'acme-retail' } = wanted
  const org = market.org(slug)
  const operation = mintId('op', at, Math.random)
  const order = mintId('ord', at, Math.random)
  const line = mintId('lin', at, Math.random)
  const item = mintId('itm', at, Math.random)
  const { amount, currency } = terms
  const placed = { asked_by: market.person('buyer'), created_at: at, updated_at: at, finished_at: at }
  await tx
    .insertInto('operations')
    .values({
      id: operation,
      org_id: org,
      story: 'purchase_and_install_package',
      idempotency_key: operation,
      input: '{}',
      input_hash: Buffer.alloc(32),
      status: 'completed',
      result: '{}',
      workflow_id: `purchase_and_install_package/${operation}`,
      ...placed,
    })
    .execute()
  await tx
    .insertInto('orders')
    .values({
      id: order,
      org_id: org,
      operation_id: operation,
      placed_by: placed.asked_by,
      total_amount: amount,
      currency,
      created_at: at,
      closed_at: at,
    })
    .execute()
  await tx
    .insertInto('order_lines')
    .values({
      id: line,
      order_id: order,
      vendor_id: terms.vendor,
      position: 1,
      total_amount: amount,
      currency,
      paid_at: at,
    })
    .execute()
  await tx
    .insertInto('order_items')
    .values({
      id: item,
      line_id: line,
      package_id: terms.packageId,
      edition: terms.edition,
      model: terms.model,
      price_amount: amount,
      currency,
    })
    .execute()
  const charge = amount ? await aCharge(tx, { org, line, amount, currency, at }) : undefined
  return { org, order, line, item, charge }
}

/** A succeeded charge of the org's card; saves a card when the org has none. */
async function aCharge(
  tx: Db,
  paid: { org: OrgId; line: LineId; amount: number; currency: string; at: Date },
): Promise<ChargeId> {
  const { org, line, amount, currency, at } = paid
  const id = mintId('chg', at, Math.random)
  await tx
    .insertInto('charges')
    .values({
      id,
      order_line_id: line,
      amount,
      currency,
      payment_method_id: await cardOf(tx, org, at),
      request: '{}',
      state: 'succeeded',
      payment_intent_id: `pi_${id}`,
      stripe_charge_id: `ch_${id}`,
      created_at: at,
      settled_at: at,
    })
    .execute()
  return id
}

async function cardOf(tx: Db, org: OrgId, at: Date) {
  const saved = await tx
    .selectFrom('payment_methods')
    .select('id')
    .where('org_id', '=', org)
    .executeTakeFirst()
  if (saved) return saved.id
  const id = mintId('pmt', at, Math.random)
  await tx
    .insertInto('billing_accounts')
    .values({ org_id: org, stripe_customer_id: `cus_${id}`, created_at: at })
    .onConflict((on) => on.doNothing())
    .execute()
  await tx
    .insertInto('payment_methods')
    .values({
      id,
      org_id: org,
      stripe_payment_method_id: `pm_${id}`,
      brand: 'visa',
      last4: '4242',
      exp_month: 12,
      exp_year: 2040,
      created_at: at,
      removed_at: at,
    })
    .execute()
  return id
}
