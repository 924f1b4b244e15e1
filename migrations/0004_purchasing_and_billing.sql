-- Money: carts, orders with one line per vendor, one charge per line, saved cards, and the double-entry ledger.
create table carts (
  org_id org_id primary key references orgs,
  updated_at timestamptz not null
);
create table cart_items (
  org_id org_id not null references carts,
  package_id package_id not null references packages,
  edition edition not null,
  added_by customer_id not null references customers,
  added_at timestamptz not null,
  primary key (org_id, package_id, edition)
);

create table orders (
  id order_id primary key,
  org_id org_id not null references orgs,
  operation_id operation_id not null unique references operations,
  placed_by customer_id not null references customers,
  quote text unique,
  total_amount bigint not null check (total_amount >= 0),
  currency currency not null,
  decided jsonb not null default '[]',
  created_at timestamptz not null,
  closed_at timestamptz,
  cancelled_at timestamptz,
  unique (id, currency),
  check (closed_at is null or cancelled_at is null)
);
create index orders_by_org on orders (org_id, id desc);

create table order_lines (
  id line_id primary key,
  order_id order_id not null,
  vendor_id vendor_id not null references vendors,
  position int not null check (position >= 1),
  total_amount bigint not null check (total_amount >= 0),
  tax_amount bigint not null default 0 check (tax_amount between 0 and total_amount),
  currency currency not null,
  paid_at timestamptz,
  voided_at timestamptz,
  foreign key (order_id, currency) references orders (id, currency),
  unique (order_id, vendor_id),
  unique (order_id, position),
  unique (id, total_amount, currency),
  check (paid_at is null or voided_at is null)
);

create table order_items (
  id item_id primary key,
  line_id line_id not null references order_lines,
  package_id package_id not null references packages,
  edition edition not null,
  model price_model not null,
  price_amount bigint not null check (price_amount >= 0),
  currency currency not null,
  unique (line_id, package_id),
  check ((model = 'free') = (price_amount = 0))
);

create table billing_accounts (
  org_id org_id primary key references orgs,
  stripe_customer_id text not null unique,
  created_at timestamptz not null
);
create table payment_methods (
  id payment_method_id primary key,
  org_id org_id not null references billing_accounts,
  stripe_payment_method_id text not null unique,
  brand text not null,
  last4 text not null check (last4 ~ '^[0-9]{4}$'),
  exp_month int not null,
  exp_year int not null,
  default_since timestamptz,
  created_at timestamptz not null,
  removed_at timestamptz
);
create unique index payment_methods_one_default on payment_methods (org_id) where default_since is not null and removed_at is null;

create type charge_state as enum ('pending', 'succeeded', 'declined', 'cancelled', 'refunded');
create table charges (
  id charge_id primary key,
  order_line_id line_id not null unique,
  amount bigint not null check (amount > 0),
  currency currency not null,
  payment_method_id payment_method_id not null references payment_methods,
  request jsonb not null,
  state charge_state not null default 'pending',
  payment_intent_id text unique,
  stripe_charge_id text unique,
  created_at timestamptz not null,
  settled_at timestamptz,
  foreign key (order_line_id, amount, currency) references order_lines (id, total_amount, currency),
  check (state not in ('succeeded', 'refunded') or (payment_intent_id is not null and stripe_charge_id is not null)),
  check ((state = 'pending') = (settled_at is null))
);
create table charge_attempts (
  charge_id charge_id not null references charges,
  n int not null check (n >= 1),
  payment_method_id payment_method_id not null references payment_methods,
  request jsonb not null,
  latest_charge_before text,
  sent_at timestamptz not null,
  outcome text check (outcome in ('succeeded', 'declined', 'authentication_required', 'nothing_happened')),
  decline_code text,
  advice_code text,
  primary key (charge_id, n)
);

-- A line counts as paid only when its charge succeeded, or when it costs nothing.
create function line_is_paid_by_a_charge() returns trigger language plpgsql as $$
begin
  if new.paid_at is not null and new.total_amount > 0
    and not exists (select from charges where order_line_id = new.id and state in ('succeeded', 'refunded')) then
    raise exception 'line % is paid without a succeeded charge', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger order_lines_paid_by_a_charge after insert or update of paid_at on order_lines
  deferrable initially deferred for each row execute function line_is_paid_by_a_charge();

create table ledger_postings (
  id posting_id primary key,
  key text not null unique,
  kind text not null,
  occurred_at timestamptz not null
);
create table ledger_entries (
  posting_id posting_id not null references ledger_postings,
  account text not null,
  amount bigint not null check (amount <> 0),
  currency currency not null,
  primary key (posting_id, account, currency)
);
create index ledger_entries_by_account on ledger_entries (account, currency);

create function posting_is_balanced() returns trigger language plpgsql as $$
declare sums text;
begin
  select string_agg(currency || ' ' || total, ', ') into sums
    from (select currency, sum(amount) as total from ledger_entries
           where posting_id = new.posting_id group by currency having sum(amount) <> 0) as off;
  if sums is not null then
    raise exception 'posting % is off by %', new.posting_id, sums using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_entries_balance after insert on ledger_entries
  deferrable initially deferred for each row execute function posting_is_balanced();
create trigger ledger_postings_only_grow before update or delete on ledger_postings for each row execute function refuse_change();
create trigger ledger_entries_only_grow before update or delete on ledger_entries for each row execute function refuse_change();
create trigger ledger_postings_no_truncate before truncate on ledger_postings for each statement execute function refuse_change();
create trigger ledger_entries_no_truncate before truncate on ledger_entries for each statement execute function refuse_change();
