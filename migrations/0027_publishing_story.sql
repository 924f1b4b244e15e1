-- Publishing a repository: what each operation publishes, and when the tags of a package are looked at.

/* One repository of an operation of publish_package. */
create table publications (
  operation_id operation_id not null references operations,
  position int not null check (position between 1 and 20),
  vendor_id vendor_id not null references vendors,
  host text not null check (length(host) between 1 and 260),
  path text not null check (length(path) between 1 and 500),
  -- from the host: what stays the same when the repository is renamed
  repository_id text check (length(repository_id) between 1 and 100),
  -- from the newest version tag
  name text,
  type text,
  title text,
  summary text,
  -- the package that this operation created; not a reference, because the undo deletes the package
  package_id package_id unique,
  undone_at timestamptz,
  primary key (operation_id, position),
  check (num_nulls(name, type, title, summary) in (0, 4))
);

/* How often somebody asked for a look at the tags of a package, and up to which request the looks have ended. */
create table package_syncs (
  package_id package_id primary key references packages on delete cascade,
  asked int not null default 0,
  ended int not null default 0,
  ended_at timestamptz,
  -- why the last look failed
  error jsonb,
  next_look_at timestamptz not null,
  check (ended <= asked)
);
create index package_syncs_due on package_syncs (next_look_at);

/* Operations that wait for the end of a look. */
create table sync_watchers (
  package_id package_id not null references packages on delete cascade,
  operation_id operation_id not null references operations,
  -- the step whose progress text follows the look
  step text not null,
  primary key (package_id, operation_id)
);

/* What a step has reached, such as a number of tags. */
alter table operation_steps add column note text check (length(note) between 1 and 200);
