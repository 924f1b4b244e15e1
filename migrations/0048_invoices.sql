-- One invoice for each order that cost money, with a number without a gap and a document that nobody can change; to whom
-- an org wants its invoices made out. Old orders are filled in by the worker that invoices them, one by one.
set local lock_timeout = '3s';

create table billing_details (
  org_id org_id primary key references orgs,
  legal_name text not null check (length(legal_name) between 1 and 200),
  -- one element for each line, without the country
  address text[] not null check (cardinality(address) between 1 and 5),
  country text not null check (country ~ '^[A-Z]{2}$'),
  vat_id text check (vat_id ~ '^[A-Z0-9+*]{4,20}$'),
  -- where receipts are sent; without it the buyer gets them
  email text check (length(email) between 3 and 254),
  updated_by customer_id not null references customers,
  updated_at timestamptz not null
);

-- The row of a year is locked by who takes its next number. It has no sequence, because a sequence has gaps.
create table invoice_series (
  year int primary key check (year between 2000 and 9999),
  last_n int not null check (last_n >= 0),
  last_issued_at timestamptz
);

create domain invoice_id as text check (value ~ '^ivc_[0-9A-HJKMNP-TV-Z]{26}$');
create table invoices (
  id invoice_id primary key,
  order_id order_id not null unique references orders,
  org_id org_id not null references orgs,
  year int not null references invoice_series,
  n int not null check (n >= 1),
  -- such as 2026-000123
  number text not null unique generated always as
    (year::text || '-' || case when n < 1000000 then lpad(n::text, 6, '0') else n::text end) stored,
  issued_at timestamptz not null,
  total_amount bigint not null check (total_amount > 0),
  currency currency not null,
  -- everything that the invoice says: seller, buyer, lines, tax, payment, as they were then
  document jsonb not null,
  unique (year, n),
  check (extract(year from issued_at at time zone 'UTC') = year)
);
create index invoices_by_org on invoices (org_id, issued_at desc, n desc);

-- What an org was invoiced in each month (UTC). Invoices never change, so these sums only grow with them.
create table invoiced_months (
  org_id org_id not null references orgs,
  month date not null,
  currency currency not null,
  amount bigint not null check (amount > 0),
  primary key (org_id, month, currency)
);
create function add_to_invoiced_month() returns trigger language plpgsql as $$
begin
  insert into invoiced_months (org_id, month, currency, amount)
    values (new.org_id, date_trunc('month', new.issued_at at time zone 'UTC'), new.currency, new.total_amount)
    on conflict (org_id, month, currency) do update set amount = invoiced_months.amount + excluded.amount;
  return null;
end $$;
create trigger invoices_are_added_up after insert on invoices for each row execute function add_to_invoiced_month();

create function invoice_follows_the_last() returns trigger language plpgsql as $$
begin
  if new.n > 1 and not exists (select from invoices where year = new.year and n = new.n - 1) then
    raise exception 'invoice %-% has no predecessor', new.year, new.n using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger invoices_have_no_gap before insert on invoices for each row execute function invoice_follows_the_last();
create trigger invoices_only_grow before update or delete on invoices for each row execute function refuse_change();
create trigger invoices_no_truncate before truncate on invoices for each statement execute function refuse_change();

-- when it was decided which invoice a closed order gets; an order that cost nothing gets none
alter table orders add column invoiced_at timestamptz;

-- what is paid by the lines of a closed order; before, a list had to add them up for each order
alter table orders add column kept_amount bigint;
-- not valid: no row has it yet, and a check of all rows would lock them
alter table orders add constraint orders_kept_amount_check check (kept_amount between 0 and total_amount) not valid;
