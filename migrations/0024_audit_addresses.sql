-- From where an audited request came is kept for 90 days: beside the hash chain, because the chain cannot lose anything.
create table audit_addresses (
  chain text not null,
  seq bigint not null,
  address inet,
  -- the User-Agent header
  agent text check (length(agent) between 1 and 200),
  recorded_at timestamptz not null default now(),
  -- of an event, which is written in the same statement and never deleted
  primary key (chain, seq),
  check (num_nonnulls(address, agent) > 0)
);
create index audit_addresses_by_age on audit_addresses (recorded_at);
