-- Who acts and for whom: one SQL type per kind of id, people, their sessions, orgs with one role per member, MCP connections.
create domain customer_id as text check (value ~ '^cst_[0-9A-HJKMNP-TV-Z]{26}$');
create domain org_id as text check (value ~ '^org_[0-9A-HJKMNP-TV-Z]{26}$');
create domain connection_id as text check (value ~ '^con_[0-9A-HJKMNP-TV-Z]{26}$');
create domain project_id as text check (value ~ '^prj_[0-9A-HJKMNP-TV-Z]{26}$');
create domain project_token_id as text check (value ~ '^ptk_[0-9A-HJKMNP-TV-Z]{26}$');
create domain vendor_id as text check (value ~ '^ven_[0-9A-HJKMNP-TV-Z]{26}$');
create domain package_id as text check (value ~ '^pkg_[0-9A-HJKMNP-TV-Z]{26}$');
create domain version_id as text check (value ~ '^ver_[0-9A-HJKMNP-TV-Z]{26}$');
create domain payment_method_id as text check (value ~ '^pmt_[0-9A-HJKMNP-TV-Z]{26}$');
create domain order_id as text check (value ~ '^ord_[0-9A-HJKMNP-TV-Z]{26}$');
create domain line_id as text check (value ~ '^lin_[0-9A-HJKMNP-TV-Z]{26}$');
create domain item_id as text check (value ~ '^itm_[0-9A-HJKMNP-TV-Z]{26}$');
create domain charge_id as text check (value ~ '^chg_[0-9A-HJKMNP-TV-Z]{26}$');
create domain posting_id as text check (value ~ '^pst_[0-9A-HJKMNP-TV-Z]{26}$');
create domain licence_id as text check (value ~ '^lic_[0-9A-HJKMNP-TV-Z]{26}$');
create domain activation_id as text check (value ~ '^act_[0-9A-HJKMNP-TV-Z]{26}$');
create domain operation_id as text check (value ~ '^op_[0-9A-HJKMNP-TV-Z]{26}$');
create domain sha256_hash as bytea check (octet_length(value) = 32);
create domain currency as text check (value ~ '^[A-Z]{3}$');

create type org_role as enum ('owner', 'admin', 'developer', 'billing', 'viewer');
create type edition as enum ('open-source', 'commerce', 'commerce-cloud');

create table customers (
  id customer_id primary key,
  email_norm text not null unique check (email_norm = lower(email_norm) and email_norm like '%_@_%'),
  display_name text not null check (length(display_name) between 1 and 100),
  password_phc text,
  operator_since timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null
);

create table orgs (
  id org_id primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 100),
  deleted_at timestamptz,
  created_at timestamptz not null
);

create table org_members (
  org_id org_id not null references orgs,
  customer_id customer_id not null references customers,
  role org_role not null,
  joined_at timestamptz not null,
  primary key (org_id, customer_id)
);
create index org_members_by_customer on org_members (customer_id);

create table sessions (
  id_hash sha256_hash primary key,
  customer_id customer_id not null references customers,
  auth_at timestamptz not null,
  methods text[] not null,
  active_org_id org_id references orgs,
  idle_until timestamptz not null,
  absolute_until timestamptz not null,
  created_at timestamptz not null
);
create index sessions_by_customer on sessions (customer_id);

create table connections (
  id connection_id primary key,
  customer_id customer_id not null references customers,
  active_org_id org_id not null references orgs,
  client_id text not null,
  client_name text not null check (length(client_name) between 1 and 60),
  client_host text,
  redirect_host text,
  granted_scopes text[] not null,
  scopes text[] not null check (scopes <@ array['read', 'projects', 'buy', 'publish', 'team'] and 'read' = any (scopes)),
  label text,
  created_at timestamptz not null,
  activated_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoke_reason text,
  check ((revoked_at is null) = (revoke_reason is null))
);
create index connections_by_customer on connections (customer_id) where revoked_at is null;

create table access_tokens (
  token_hash sha256_hash primary key,
  connection_id connection_id not null references connections,
  aud text not null,
  scopes text[],
  expires_at timestamptz not null,
  created_at timestamptz not null
);
create index access_tokens_by_connection on access_tokens (connection_id);
