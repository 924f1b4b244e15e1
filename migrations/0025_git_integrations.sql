-- Git hosts: whose access an org may use, the consent that is under way, and the push hooks of packages.
create domain git_integration_id as text check (value ~ '^git_[0-9A-HJKMNP-TV-Z]{26}$');
create domain package_hook_id as text check (value ~ '^hok_[0-9A-HJKMNP-TV-Z]{26}$');

/* One account of a host that an org may use. GitHub: an installation of our App, without a stored token. */
create table git_integrations (
  id git_integration_id primary key,
  org_id org_id not null references orgs,
  kind text not null check (kind in ('github', 'gitlab', 'gitea')),
  host text not null check (length(host) between 1 and 260),
  -- the host's id of the installation or of the user
  account_id text not null check (length(account_id) between 1 and 100),
  account_name text not null check (length(account_name) between 1 and 255),
  may_hook boolean not null,
  -- GitHub: the repositories to which the person may push; the App itself may reach more
  repositories text[],
  -- the tokens, encrypted for this row
  key_id text,
  sealed bytea,
  token_expires_at timestamptz,
  connected_by customer_id not null references customers,
  connected_at timestamptz not null,
  -- the operation of the last consent
  operation_id operation_id not null references operations,
  broken_at timestamptz,
  disconnected_at timestamptz,
  disconnected_by customer_id references customers,
  check ((kind = 'github') = (repositories is not null)),
  check (num_nulls(key_id, sealed, token_expires_at) in (0, 3)),
  -- tokens do not outlive their integration
  check ((sealed is not null) = (kind <> 'github' and disconnected_at is null)),
  check ((disconnected_at is null) = (disconnected_by is null))
);
create unique index git_integrations_one_per_account on git_integrations (org_id, host, account_id) where disconnected_at is null;
create index git_integrations_by_operation on git_integrations (operation_id);

/* A single-use state of an OAuth flow. */
create table git_authorizations (
  state_hash sha256_hash primary key,
  operation_id operation_id not null references operations,
  org_id org_id not null references orgs,
  customer_id customer_id not null references customers,
  host text not null,
  wants_hooks boolean not null,
  -- the verifier of PKCE, encrypted for this row; deleted when the state is used
  key_id text,
  sealed bytea,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  check (expires_at > created_at),
  check ((key_id is null) = (sealed is null)),
  check ((used_at is null) = (sealed is not null))
);
create index git_authorizations_by_age on git_authorizations (expires_at);

/* The host that an operation needs a consent for. */
create table git_waits (
  operation_id operation_id primary key references operations,
  host text not null
);

/* The repository that a package follows, and its push hook. Without host_hook_id, a person has to create the hook. */
create table package_hooks (
  id package_hook_id primary key,
  package_id package_id not null references packages on delete cascade,
  kind text not null check (kind in ('github', 'gitlab', 'gitea')),
  host text not null,
  repository_id text not null check (length(repository_id) between 1 and 100),
  key_id text not null,
  sealed bytea not null,
  host_hook_id text,
  created_at timestamptz not null,
  last_push_at timestamptz,
  removed_at timestamptz
);
create unique index package_hooks_one_per_package on package_hooks (package_id) where removed_at is null;

create table push_events (
  hook_id package_hook_id not null references package_hooks on delete cascade,
  -- the host's id, which is not signed
  delivery_id text not null check (length(delivery_id) between 1 and 200),
  body_hash sha256_hash not null,
  tag text not null check (length(tag) <= 1000),
  received_at timestamptz not null,
  primary key (hook_id, delivery_id),
  -- a delivery that is repeated under another id has no effect, too
  unique (hook_id, body_hash)
);
