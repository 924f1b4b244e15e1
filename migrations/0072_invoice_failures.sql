-- An order that cannot be invoiced is tried again less and less often, and needs an operator.
set local lock_timeout = '3s';

create table invoice_failures (
  order_id order_id primary key references orders,
  tries int not null check (tries > 0),
  first_failed_at timestamptz not null,
  next_try_at timestamptz not null
);
