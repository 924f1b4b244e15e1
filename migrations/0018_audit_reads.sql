-- The audit log is read newest first and by filter, at the same cost however long a chain is; invites to an org are stored.
create index audit_events_by_time on audit_events (chain, at desc, seq desc);
create index audit_events_by_action on audit_events (chain, (body::jsonb ->> 'action'), at desc, seq desc);
create index audit_events_by_outcome on audit_events (chain, (body::jsonb ->> 'outcome'), at desc, seq desc);
create index audit_events_by_customer on audit_events (chain, (body::jsonb ->> 'customer'), at desc, seq desc);
create index audit_events_by_connection on audit_events (chain, (body::jsonb ->> 'connection'), at desc, seq desc);

create domain invite_id as text check (value ~ '^inv_[0-9A-HJKMNP-TV-Z]{26}$');
create table org_invites (
  id invite_id primary key,
  org_id org_id not null references orgs,
  -- the only address that may use it
  email_norm text not null check (email_norm = lower(email_norm) and email_norm like '%_@_%'),
  role org_role not null,
  token_hash sha256_hash not null unique,
  invited_by customer_id not null references customers,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  used_at timestamptz,
  used_by customer_id references customers,
  revoked_at timestamptz,
  check ((used_at is null) = (used_by is null)),
  check (used_at is null or revoked_at is null)
);
create unique index org_invites_open on org_invites (org_id, email_norm) where used_at is null and revoked_at is null;

create index vendors_by_org on vendors (org_id);
