import type { Client } from 'pg'
import type { CustomerId, OrgId } from '#kernel/ids'

/** How much an org has. */
export interface Size {
  licences: number
  orders: number
  projects: number
}

export interface Filled {
  org: OrgId
  owner: CustomerId
  /** A digit that no other org has; its ids begin with it. */
  digit: number
  size: Size
  /** Each kind of row is as frequent as the others. Otherwise only one of 100 licences or orders is of a rare kind. */
  isEven: boolean
}

const RARE = 100

/** Rows by SQL and without triggers, because buying 5,000 orders would take an hour. */
export async function fillOrg(client: Client, filled: Filled): Promise<void> {
  await client.query(`set session_replication_role = replica`)
  await client.query(`set time zone 'UTC'`)
  await client.query(projects(filled))
  await client.query(orders(filled))
  await client.query(licences(filled))
  await client.query(`set session_replication_role = origin`)
}

const id = (prefix: string, digit: number, n = 'n') => `'${prefix}_${digit}' || lpad((${n})::text, 25, '0')`
/** Row `n` of `count` is an hour older than the next. The time has milliseconds, as times that the system stores. */
const time = (count: number) => `date_trunc('milliseconds', now()) - (${count} - n) * interval '1 hour'`
const rows = (count: number) => `generate_series(0, ${count - 1}) n`

const projects = ({ org, owner, digit, size: { projects: count }, isEven }: Filled): string => `
  insert into projects (id, org_id, slug, name, edition, production_domain, created_by, created_at, archived_at)
  select ${id('prj', digit)}, '${org}', 'shop-' || lpad(n::text, 5, '0'),
         case when ${isEven ? 'true' : `n % ${RARE / 2} = 0`} then 'Harbour ' else 'Store ' end || n, 'open-source',
         'shop-' || n || '.example', '${owner}', ${time(count)}, case when n % ${isEven ? 2 : 10} = 1 then now() end
    from ${rows(count)}`

const orders = ({ org, owner, digit, size: { orders: count }, isEven }: Filled): string => `
  create temporary table placed as
  select n, ${time(count)} as at,
         case n % ${isEven ? 3 : RARE} when 0 then 'open' when 1 then 'cancelled' else 'completed' end as status
    from ${rows(count)};
  insert into operations (id, org_id, story, idempotency_key, input, input_hash, asked_by, workflow_id, created_at, updated_at)
  select ${id('op', digit)}, '${org}', 'purchase_and_install_package', 'bench-' || ${id('op', digit)}, '{}',
         sha256(''), '${owner}', ${id('op', digit)}, at, at from placed;
  insert into orders (id, org_id, operation_id, placed_by, total_amount, currency, created_at, closed_at, cancelled_at,
                      kept_amount, invoiced_at)
  select ${id('ord', digit)}, '${org}', ${id('op', digit)}, '${owner}', 4900, 'EUR', at,
         case status when 'completed' then at end, case status when 'cancelled' then at end,
         case status when 'completed' then 4900 end, case status when 'completed' then at end from placed;
  insert into order_lines (id, order_id, vendor_id, position, total_amount, currency, paid_at, voided_at)
  select ${id('lin', digit)}, ${id('ord', digit)}, v.id, 1, 4900, 'EUR',
         case status when 'completed' then at end, case status when 'cancelled' then at end
    from placed, vendors v where v.slug = 'northwind';
  insert into order_items (id, line_id, package_id, edition, model, price_amount, currency)
  select ${id('itm', digit)}, ${id('lin', digit)}, p.id, 'open-source', 'one_time', 4900, 'EUR'
    from placed, packages p where p.name = 'northwind/module-search';
  insert into invoice_series (year, last_n) select distinct extract(year from at)::int, 0 from placed on conflict do nothing;
  insert into invoices (id, order_id, org_id, year, n, issued_at, total_amount, currency, document)
  select ${id('ivc', digit)}, ${id('ord', digit)}, '${org}', extract(year from at), ${digit} * 100000 + n + 1, at, 4900, 'EUR',
         '{}' from placed where status = 'completed';
  insert into invoiced_months (org_id, month, currency, amount)
  select '${org}', date_trunc('month', at), 'EUR', sum(4900) from placed where status = 'completed' group by 2;
  drop table placed`

/**
 * Of the small orgs each kind has as many. Of a large one, the oldest third has ended, of which half has a free slot;
 * of the others one of 100 has a free slot or ends soon, a few were revoked, and the rest is in use.
 */
const licences = ({ org, digit, size, isEven }: Filled): string => `
  create temporary table bought as
  select n, ${isEven ? `(array['ended', 'free', 'ending', 'used'])[n % 4 + 1]` : ofMany(size.licences)} as kind
    from ${rows(size.licences)};
  insert into licences (id, org_id, package_id, edition, model, order_item_id, status, valid_until, created_at, activated_at)
  select ${id('lic', digit)}, '${org}', ${packageOf(size)}, 'open-source',
         case when kind in ('used', 'revoked') then 'one_time' else 'yearly' end::price_model, ${id('itm', digit)},
         case kind when 'revoked' then 'revoked' else 'active' end::licence_status,
         date_trunc('milliseconds', now()) + interval '1 second' * n + case kind
           when 'ended' then interval '-100 days' when 'ending' then interval '20 days' when 'free' then interval '200 days' end,
         now(), now() from bought;
  insert into activations (id, org_id, licence_id, package_id, project_id, slot, reserved_at, activated_at)
  select ${id('act', digit)}, '${org}', ${id('lic', digit)}, ${packageOf(size)}, ${id('prj', digit, `n % ${size.projects}`)}, 1,
         now(), now()
    from bought where kind in ('used', 'ending') or kind = 'ended' and n % 2 = 0;
  drop table bought;
  update licences l set taken_slots = 1
    from activations a where a.licence_id = l.id and l.org_id = '${org}'`

const ofMany = (count: number): string => `case
  when n < ${count} / 3 then 'ended' when n % ${RARE} = 0 then 'free' when n % ${RARE} = 1 then 'ending'
  when n % ${10 * RARE} = 2 then 'revoked' else 'used' end`

/** A project never has two licences of one package. */
const packageOf = ({ projects: count }: Size): string =>
  `(select id from packages order by id offset n / ${count} limit 1)`
