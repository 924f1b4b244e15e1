-- Waiting for a person: one link per operation, the card pages it opened, and the provider's events that wake runs.
alter table operations add column link text unique check (link ~ '^[A-Za-z0-9_-]{43}$');
create index operations_waiting on operations (org_id, waiting_for) where status = 'waiting_for_you';

alter table charge_attempts add column on_session boolean not null default false;

-- A card that the bank told us never to try again is not charged again.
alter table payment_methods
  add column refused_at timestamptz,
  add column added_by operation_id references operations,
  add check (default_since is null or (refused_at is null and removed_at is null));

create table card_sessions (
  id text primary key,
  org_id org_id not null references billing_accounts,
  operation_id operation_id not null references operations,
  opened_by customer_id not null references customers,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  closed_at timestamptz
);
create index card_sessions_open on card_sessions (org_id) where closed_at is null;

-- What happened is asked of the provider, so only what leads there is kept of an event.
create table stripe_events (
  id text primary key,
  type text not null,
  object_id text,
  livemode boolean not null,
  received_at timestamptz not null,
  ignored_because text
);

alter table outbox drop constraint outbox_deed_check, drop constraint outbox_check;
alter table outbox
  add check (deed in ('start', 'nudge', 'start_and_nudge', 'stripe_event')),
  add check (deed in ('nudge', 'stripe_event') or workflow_type is not null);
