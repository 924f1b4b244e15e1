-- Single-use links by which a person's machine fetches auth.json, so that its keys are in no answer of a tool.
alter table one_time_secrets add column by_link boolean not null default false;

create table credential_pickups (
  link_hash sha256_hash primary key,
  operation_id operation_id not null references operations,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  replaced_at timestamptz,
  used_at timestamptz,
  check (expires_at > created_at),
  check (used_at is null or replaced_at is null),
  check (used_at is null or used_at <= expires_at)
);
-- an operation has at most one link that works, and is picked up at most once
create unique index credential_pickups_one_open on credential_pickups (operation_id) where used_at is null and replaced_at is null;
create unique index credential_pickups_one_used on credential_pickups (operation_id) where used_at is not null;
