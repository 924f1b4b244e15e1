-- What is sold and where it is used: projects with their Composer tokens, vendors, packages, immutable versions, prices, coverage.
create table projects (
  id project_id primary key,
  org_id org_id not null references orgs,
  slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 100),
  edition edition not null,
  production_domain text check (length(production_domain) between 1 and 253),
  created_by customer_id references customers,
  created_at timestamptz not null,
  archived_at timestamptz,
  unique (org_id, slug),
  unique (id, org_id)
);

create table project_tokens (
  id project_token_id primary key,
  project_id project_id not null references projects,
  label text not null check (length(label) between 1 and 100),
  public_key text not null unique,
  private_key_hash sha256_hash not null,
  created_by customer_id references customers,
  connection_id connection_id references connections,
  created_at timestamptz not null,
  first_used_at timestamptz,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index project_tokens_by_project on project_tokens (project_id);

create table vendors (
  id vendor_id primary key,
  org_id org_id not null references orgs,
  slug text not null unique check (slug ~ '^[a-z0-9]([_.-]?[a-z0-9]+)*$' and slug <> 'packagento-reserved'),
  name text not null check (length(name) between 1 and 100),
  stripe_account_id text unique,
  created_at timestamptz not null,
  approved_at timestamptz,
  payable_since timestamptz,
  suspended_at timestamptz
);

create table packages (
  id package_id primary key,
  vendor_id vendor_id not null references vendors,
  name text not null unique check (name ~ '^[a-z0-9]([_.-]?[a-z0-9]+)*/[a-z0-9](([_.]|-{1,2})?[a-z0-9]+)*$'),
  type text not null,
  title text not null check (length(title) between 1 and 100),
  summary text not null default '' check (length(summary) <= 1000),
  revision int not null default 0,
  created_at timestamptz not null,
  hidden_at timestamptz,
  withdrawn_at timestamptz
);
create index packages_by_vendor on packages (vendor_id);

create type price_model as enum ('free', 'one_time', 'yearly');
create table package_prices (
  package_id package_id not null references packages,
  edition edition not null,
  model price_model not null,
  amount bigint not null check (amount >= 0 and amount < 100000000),
  currency currency not null,
  updated_at timestamptz not null,
  primary key (package_id, edition),
  check ((model = 'free') = (amount = 0))
);

create type version_status as enum ('available', 'withdrawn', 'blocked');
create table versions (
  id version_id primary key,
  package_id package_id not null references packages,
  tag text not null,
  label text not null check (label ~ '^[0-9A-Za-z.+-]+$'),
  version_normalized text not null,
  stability text not null check (stability in ('stable', 'RC', 'beta', 'alpha', 'dev')),
  released_at timestamptz not null,
  committed_at timestamptz not null,
  commit_sha text not null check (commit_sha ~ '^[0-9a-f]{40}([0-9a-f]{24})?$'),
  tree_sha text not null check (tree_sha ~ '^[0-9a-f]{40}([0-9a-f]{24})?$'),
  manifest json not null,
  readme text,
  changelog text,
  zip_sha1 text check (zip_sha1 ~ '^[0-9a-f]{40}$'),
  zip_sha256 text check (zip_sha256 ~ '^[0-9a-f]{64}$'),
  zip_bytes bigint check (zip_bytes > 0),
  content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
  builder text,
  status version_status not null default 'available',
  moved_to text,
  unique (package_id, version_normalized),
  check (num_nulls(zip_sha1, zip_sha256, zip_bytes, content_sha256, builder) in (0, 5))
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;

-- A stored version never changes: only whether it is offered, and where its tag went.
create function freeze_version() returns trigger language plpgsql as $$
begin
  if to_jsonb(old) - 'status' - 'moved_to' <> to_jsonb(new) - 'status' - 'moved_to' then
    raise exception 'version % of % is frozen', old.label, old.package_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger versions_are_frozen before update on versions for each row execute function freeze_version();

create table package_coverage (
  parent_id package_id not null references packages,
  child_id package_id not null references packages,
  since timestamptz not null,
  primary key (parent_id, child_id)
);
create index package_coverage_by_child on package_coverage (child_id);

create table downloads (
  token_id project_token_id not null references project_tokens,
  version_id version_id not null references versions,
  minute timestamptz not null,
  ip inet,
  user_agent text check (length(user_agent) <= 300),
  primary key (token_id, version_id, minute)
);
