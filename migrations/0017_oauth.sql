-- What the OAuth server keeps: clients, the documents that describe clients, refresh tokens, and short-lived artifacts.
create table oauth_clients (
  client_id text primary key check (length(client_id) between 1 and 200),
  -- json, because jsonb refuses a NUL, which a name may contain
  metadata json not null,
  -- only of a client that has one; encrypted, because the engine compares it in clear
  secret_sealed bytea,
  secret_key_id text,
  created_at timestamptz not null,
  -- a registration that ever got a grant is never deleted: its client would be stuck for good
  first_granted_at timestamptz,
  last_used_at timestamptz,
  blocked_at timestamptz,
  check ((secret_sealed is null) = (secret_key_id is null))
);
create index oauth_clients_never_granted on oauth_clients (created_at) where first_granted_at is null;
create function refuse_deleting_a_granted_client() returns trigger language plpgsql as $$
begin
  raise exception 'a client that ever got a grant is never deleted' using errcode = 'restrict_violation';
end $$;
create trigger oauth_clients_stay before delete on oauth_clients for each row
  when (old.first_granted_at is not null) execute function refuse_deleting_a_granted_client();

create table client_documents (
  url text primary key check (url like 'https://%' and length(url) <= 2000),
  body text not null,
  redirect_uris text[] not null,
  fetched_at timestamptz not null,
  blocked_at timestamptz
);

create table refresh_tokens (
  token_hash sha256_hash primary key,
  connection_id connection_id not null references connections,
  -- what the engine wants back, without the token; no secret
  payload json not null,
  -- a token that was used stays until it expires, so that a second use is seen
  consumed_at timestamptz,
  uses integer not null default 0 check (uses >= 0),
  expires_at timestamptz not null,
  created_at timestamptz not null,
  check ((consumed_at is null) = (uses = 0))
);
create index refresh_tokens_by_connection on refresh_tokens (connection_id);
create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

create table oauth_artifacts (
  model text not null,
  id_hash sha256_hash not null,
  -- of a session its second id, of a device code what the person types
  other_hash sha256_hash,
  -- encrypted, because it names other artifacts by their secret ids
  sealed bytea not null,
  key_id text not null,
  connection_id connection_id references connections,
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (model, id_hash)
);
create unique index oauth_artifacts_by_other_hash on oauth_artifacts (model, other_hash) where other_hash is not null;
create index oauth_artifacts_by_connection on oauth_artifacts (connection_id) where connection_id is not null;
create index oauth_artifacts_by_expiry on oauth_artifacts (expires_at);

create index access_tokens_by_expiry on access_tokens (expires_at);
create index connections_by_client on connections (client_id);
