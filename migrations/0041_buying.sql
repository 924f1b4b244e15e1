-- A licence is renewed in place, once per period; keys that a later token replaces end only when nobody uses them.
set local lock_timeout = '3s';

-- An order item that renews a licence has no licence of its own. The licence is extended when the item is paid.
create table licence_renewals (
  item_id item_id primary key references order_items,
  licence_id licence_id not null references licences,
  -- the end of the licence before and after it
  from_at timestamptz not null,
  until_at timestamptz not null,
  settled_at timestamptz,
  -- given up or paid back: the licence has its old end again
  undone_at timestamptz,
  check (until_at > from_at)
);
-- nobody pays twice for a period
create unique index licence_renewals_one_per_period on licence_renewals (licence_id, from_at) where undone_at is null;

-- the purchases that are under way are asked for at each purchase
create index orders_open on orders (org_id) where closed_at is null and cancelled_at is null;

-- with it, expires_at ends the token only if it is not used before
alter table project_tokens
  add column ends_if_unused boolean not null default false,
  add check (expires_at is not null or not ends_if_unused);
