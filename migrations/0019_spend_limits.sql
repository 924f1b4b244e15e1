-- What assistants may spend: rules of each connection, what each line of an order holds of them, and the stop of an org.
/* The row is locked by every purchase of its connection. While set_at is null, the defaults of the deployment apply. */
create table spending_rules (
  connection_id connection_id primary key references connections,
  allowed_vendors text[],
  subscriptions boolean not null default true,
  set_at timestamptz,
  set_by customer_id references customers,
  check ((set_at is null) = (set_by is null)),
  check (set_at is not null or (allowed_vendors is null and subscriptions))
);

/* Minor units. A currency without a row may not be spent. */
create table spending_limits (
  connection_id connection_id not null references spending_rules,
  currency currency not null,
  per_purchase bigint not null check (per_purchase >= 0),
  per_day bigint not null check (per_day >= 0),
  per_month bigint not null check (per_month >= 0),
  primary key (connection_id, currency)
);

create type spending_hold_state as enum ('held', 'settled', 'released');
create table spending_holds (
  line_id line_id primary key,
  order_id order_id not null references orders,
  connection_id connection_id not null references spending_rules,
  amount bigint not null check (amount > 0),
  currency currency not null,
  state spending_hold_state not null default 'held',
  held_at timestamptz not null,
  ended_at timestamptz,
  foreign key (line_id, amount, currency) references order_lines (id, total_amount, currency),
  check ((state = 'held') = (ended_at is null))
);
create index spending_holds_open on spending_holds (connection_id) where state = 'held';
create index spending_holds_by_end on spending_holds (connection_id, ended_at) where state = 'settled';
create index spending_holds_by_start on spending_holds (connection_id, held_at);
create index spending_holds_by_order on spending_holds (order_id);

/* While an org has a row here, no assistant may buy for it. */
create table spending_stops (
  org_id org_id primary key references orgs,
  stopped_by customer_id not null references customers,
  stopped_at timestamptz not null
);
