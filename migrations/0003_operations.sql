-- Long jobs as their callers see them, the outbox that starts and wakes their workflows, and secrets shown once.
create type operation_status as enum ('running', 'waiting_for_you', 'completed', 'failed', 'cancelled');
create table operations (
  id operation_id primary key,
  org_id org_id not null references orgs,
  story text not null,
  idempotency_key text not null check (length(idempotency_key) between 8 and 128),
  input jsonb not null,
  input_hash sha256_hash not null,
  asked_by customer_id references customers,
  connection_id connection_id references connections,
  status operation_status not null default 'running',
  cancellable boolean not null default true,
  revision int not null default 0,
  waiting_for text,
  url text,
  waiting_until timestamptz,
  result jsonb,
  error jsonb,
  workflow_id text not null unique,
  needs_operator_since timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  updated_at timestamptz not null,
  finished_at timestamptz,
  unique (org_id, story, idempotency_key),
  unique (connection_id, story, idempotency_key),
  check ((finished_at is not null) = (status in ('completed', 'failed', 'cancelled'))),
  check ((status = 'failed') = (error is not null)),
  check (status <> 'completed' or result is not null)
);
create index operations_by_org on operations (org_id, id desc);

create index operations_open_by_asker on operations (asked_by) where status in ('running', 'waiting_for_you');

create table operation_steps (
  operation_id operation_id not null references operations,
  name text not null,
  status text not null check (status in ('running', 'done', 'failed')),
  attempt int not null,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (operation_id, name)
);

create table outbox (
  id bigint generated always as identity primary key,
  deed text not null check (deed in ('start', 'nudge', 'start_and_nudge')),
  workflow_type text,
  workflow_id text not null,
  payload jsonb not null,
  due_at timestamptz not null,
  give_up_at timestamptz not null,
  attempts int not null default 0,
  last_error text,
  check (deed = 'nudge' or workflow_type is not null)
);
create index outbox_by_due on outbox (due_at);
create unique index outbox_one_start on outbox (workflow_id) where deed = 'start';

create function announce_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', '');
  return null;
end $$;
create trigger outbox_is_announced after insert on outbox for each statement execute function announce_outbox();

create table one_time_secrets (
  operation_id operation_id primary key references operations,
  key_id text not null,
  sealed bytea not null,
  customer_id customer_id not null references customers,
  connection_id connection_id references connections,
  created_at timestamptz not null,
  first_read_at timestamptz
);
