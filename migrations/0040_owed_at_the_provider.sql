-- What is left to do at the payment provider is found by rows, so that it does not end with a run: the payment of a void
-- line is undone until nothing of it is left, and a removed card is detached until the provider confirms it.
-- look_at: the time of the next look. Null when no look is due.
alter table charges
  add column undone_since timestamptz,
  add column look_at timestamptz,
  add check (look_at is null or undone_since is not null);
create index charges_by_look on charges (look_at) where look_at is not null;

-- detach_at: the time of the next attempt. Null when the card is detached.
alter table payment_methods
  add column detach_at timestamptz,
  add check (detach_at is null or removed_at is not null);
create index payment_methods_by_detach on payment_methods (detach_at) where detach_at is not null;

-- The provider stores an error under its idempotency key and returns it for a day. After a look showed that nothing
-- happened, the action gets the next number. An action without a row has the number 1.
create table request_numbers (
  object_id text not null,
  action text not null check (action in ('create', 'cancel', 'refund', 'detach', 'customer')),
  n int not null check (n >= 2),
  primary key (object_id, action)
);

-- An earlier release tried once to detach a card, and did not look again at a payment that was undone.
update payment_methods set detach_at = removed_at where removed_at is not null;
update charges c set undone_since = now(), look_at = now()
  from order_lines l
 where l.id = c.order_line_id and l.voided_at is not null
   and (c.state in ('pending', 'succeeded') or c.payment_intent_id is null);
