import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { aDatabase } from '../support/database.ts'

const AT = '2026-11-23T10:00:00Z'
const id = <P extends string>(prefix: P) => mintId(prefix, Date.parse(AT), Math.random)

let database: Awaited<ReturnType<typeof aDatabase>>
let client: pg.Client

beforeAll(async () => {
  database = await aDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.close()
})

const run = (text: string, values: unknown[] = []) => client.query(text, values)

/** Runs the statements in one transaction. Deferred constraints are checked at its commit. */
async function atomically(statements: () => Promise<void>): Promise<void> {
  await run('begin')
  try {
    await statements()
    await run('commit')
  } catch (e) {
    await run('rollback')
    throw e
  }
}

/** The rows of an open order with one package that costs money, without a charge. */
async function aSale() {
  const org = id('org')
  const customer = id('cst')
  const vendor = id('ven')
  const pack = id('pkg')
  const operation = id('op')
  const order = id('ord')
  const line = id('lin')
  const item = id('itm')
  const method = id('pmt')
  const charge = id('chg')
  const unique = org.slice(4).toLowerCase()
  await run(`insert into customers (id, email_norm, display_name, created_at) values ($1, $2, 'A', $3)`, [
    customer,
    `${unique}@example.test`,
    AT,
  ])
  await run(`insert into orgs (id, slug, name, created_at) values ($1, $2, 'A', $3)`, [org, unique, AT])
  await run(`insert into vendors (id, org_id, slug, name, created_at) values ($1, $2, $3, 'V', $4)`, [
    vendor,
    org,
    `v${unique}`,
    AT,
  ])
  await run(
    `insert into packages (id, vendor_id, name, type, title, created_at) values ($1, $2, $3, 'library', 'P', $4)`,
    [pack, vendor, `v${unique}/p`, AT],
  )
  await run(
    `insert into operations (id, org_id, story, idempotency_key, input, input_hash, workflow_id, created_at, updated_at)
     values ($1, $2, 's', $4, '{}', sha256('x'), $4, $3, $3)`,
    [operation, org, AT, operation],
  )
  await run(
    `insert into orders (id, org_id, operation_id, placed_by, total_amount, currency, created_at)
     values ($1, $2, $3, $4, 4900, 'EUR', $5)`,
    [order, org, operation, customer, AT],
  )
  await run(
    `insert into order_lines (id, order_id, vendor_id, position, total_amount, currency) values ($1, $2, $3, 1, 4900, 'EUR')`,
    [line, order, vendor],
  )
  await run(
    `insert into order_items (id, line_id, package_id, edition, model, price_amount, currency)
     values ($1, $2, $3, 'open-source', 'one_time', 4900, 'EUR')`,
    [item, line, pack],
  )
  await run(`insert into billing_accounts values ($1, $2, $3)`, [org, `cus_${unique}`, AT])
  await run(
    `insert into payment_methods (id, org_id, stripe_payment_method_id, brand, last4, exp_month, exp_year, created_at)
     values ($1, $2, $3, 'visa', '4242', 1, 2030, $4)`,
    [method, org, `pm_${unique}`, AT],
  )
  const addCharge = (chargeId: string, state: string) =>
    run(
      `insert into charges (id, order_line_id, amount, currency, payment_method_id, request, state, payment_intent_id,
         stripe_charge_id, created_at, settled_at) values ($1, $2, 4900, 'EUR', $3, '{}', $4, $5, $6, $7, $8)`,
      [
        chargeId,
        line,
        method,
        state,
        `pi_${chargeId}`,
        state === 'succeeded' ? `ch_${chargeId}` : null,
        AT,
        state === 'pending' ? null : AT,
      ],
    )
  return { org, customer, vendor, pack, operation, order, line, item, charge, addCharge }
}

/** A paid sale with an active licence of one slot. */
async function aLicence() {
  const sale = await aSale()
  const licence = id('lic')
  await sale.addCharge(sale.charge, 'succeeded')
  await atomically(async () => {
    await run(`update order_lines set paid_at = $2 where id = $1`, [sale.line, AT])
    await run(
      `insert into licences (id, org_id, package_id, edition, model, order_item_id, status, created_at, activated_at)
       values ($1, $2, $3, 'open-source', 'one_time', $4, 'active', $5, $5)`,
      [licence, sale.org, sale.pack, sale.item, AT],
    )
  })
  const activate = async (slot: number) => {
    const project = id('prj')
    await run(
      `insert into projects (id, org_id, slug, name, edition, created_at) values ($1, $2, $3, 'P', 'open-source', $4)`,
      [project, sale.org, project.slice(4).toLowerCase(), AT],
    )
    await run(
      `insert into activations (id, org_id, licence_id, package_id, project_id, slot, reserved_at, activated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $7)`,
      [id('act'), sale.org, licence, sale.pack, project, slot, AT],
    )
  }
  return { ...sale, licence, activate }
}

describe('the database itself', () => {
  test('the database refuses a second charge on a line, succeeded or not', async () => {
    const sale = await aSale()
    await sale.addCharge(sale.charge, 'succeeded')
    await expect(sale.addCharge(id('chg'), 'succeeded')).rejects.toThrow('charges_order_line_id_key')
    await expect(sale.addCharge(id('chg'), 'pending')).rejects.toThrow('charges_order_line_id_key')
  })

  test('the database refuses a charge of another amount than its line', async () => {
    const sale = await aSale()
    await sale.addCharge(sale.charge, 'pending')
    await expect(run(`update charges set amount = 5000 where id = $1`, [sale.charge])).rejects.toThrow(
      'foreign key',
    )
  })

  test('the database refuses a line that counts as paid without a succeeded charge', async () => {
    const sale = await aSale()
    await sale.addCharge(sale.charge, 'pending')
    await expect(run(`update order_lines set paid_at = $2 where id = $1`, [sale.line, AT])).rejects.toThrow(
      'paid without a succeeded charge',
    )
  })

  test('the database refuses a licence that is active before its line is paid', async () => {
    const sale = await aSale()
    const insert = run(
      `insert into licences (id, org_id, package_id, edition, model, order_item_id, status, created_at, activated_at)
       values ($1, $2, $3, 'open-source', 'one_time', $4, 'active', $5, $5)`,
      [id('lic'), sale.org, sale.pack, sale.item, AT],
    )
    await expect(insert).rejects.toThrow('active on a line that is not paid')
  })

  test('the database refuses more activations than a licence has slots', async () => {
    const { activate, licence } = await aLicence()
    await activate(1)
    await expect(activate(1)).rejects.toThrow('activations_one_per_slot')
    await expect(activate(2)).rejects.toThrow(`${licence} has 1 slots, not 2`)
  })

  test('the database refuses fewer slots than a licence has activations', async () => {
    const { activate, licence } = await aLicence()
    await run(`update licences set slots = 2 where id = $1`, [licence])
    await activate(2)
    await expect(run(`update licences set slots = 1 where id = $1`, [licence])).rejects.toThrow(
      'beyond 1 slots',
    )
  })

  const post = (entries: Array<[account: string, amount: number, currency: string]>) =>
    atomically(async () => {
      const posting = id('pst')
      await run(`insert into ledger_postings values ($1, $2, 'charge', $3)`, [posting, posting, AT])
      for (const entry of entries)
        await run(`insert into ledger_entries values ($1, $2, $3, $4)`, [posting, ...entry])
    })

  test('the database refuses a posting that does not balance in each currency', async () => {
    await expect(post([['a', 100, 'EUR']])).rejects.toThrow('is off by EUR 100')
    await expect(
      post([
        ['a', 100, 'EUR'],
        ['b', -100, 'USD'],
      ]),
    ).rejects.toThrow('is off by')
    await expect(
      post([
        ['a', 100, 'EUR'],
        ['b', -100, 'EUR'],
      ]),
    ).resolves.toBeUndefined()
  })

  test('the database refuses to edit, delete or truncate the ledger and the audit log', async () => {
    await run(`select append_audit_event('platform', '{"action":"test"}')`)
    await post([
      ['a', 1, 'EUR'],
      ['b', -1, 'EUR'],
    ])
    for (const table of ['audit_events', 'ledger_postings', 'ledger_entries']) {
      await expect(run(`truncate ${table} cascade`)).rejects.toThrow('append-only: truncate refused')
      await expect(run(`delete from ${table}`)).rejects.toThrow('append-only: delete refused')
    }
    await expect(run(`update audit_events set body = '{}'`)).rejects.toThrow('append-only: update refused')
    await expect(run(`update ledger_entries set amount = 1`)).rejects.toThrow('append-only: update refused')
  })

  test('the database accepts one line for each vendor of an order, and refuses a second line for the same vendor', async () => {
    const sale = await aSale()
    const other = id('ven')
    await run(`insert into vendors (id, org_id, slug, name, created_at) values ($1, $2, $3, 'W', $4)`, [
      other,
      sale.org,
      other.slice(4).toLowerCase(),
      AT,
    ])
    const add = (vendor: string, position: number) =>
      run(
        `insert into order_lines (id, order_id, vendor_id, position, total_amount, currency) values ($1, $2, $3, $4, 100, 'EUR')`,
        [id('lin'), sale.order, vendor, position],
      )
    await add(other, 2)
    await expect(add(other, 3)).rejects.toThrow('order_lines_order_id_vendor_id_key')
  })
})
