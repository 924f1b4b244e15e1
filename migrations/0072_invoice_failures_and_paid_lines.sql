-- An order that cannot be invoiced is tried again less and less often, and needs an operator. One view says which lines
-- are paid.
set local lock_timeout = '3s';

create table invoice_failures (
  order_id order_id primary key references orders,
  tries int not null check (tries > 0),
  first_failed_at timestamptz not null,
  next_try_at timestamptz not null
);

-- A line that is taken back is void and has no paid_at; a check of order_lines refuses both. A free line is paid, too.
create view paid_lines as
  select id, order_id, vendor_id, position, total_amount, currency, paid_at
    from order_lines
   where paid_at is not null;
