-- What became of each tag of a repository: first seen, then published or skipped for a reason; and what was checked in each version.
create type tag_outcome as enum ('pending', 'published', 'skipped');

create table tag_observations (
  package_id package_id not null references packages,
  tag text not null check (length(tag) between 1 and 255),
  commit_sha text not null check (commit_sha ~ '^[0-9a-f]{40}([0-9a-f]{24})?$'),
  -- when the host first showed this tag at this commit
  observed_at timestamptz not null,
  outcome tag_outcome not null default 'pending',
  reason text check (reason ~ '^[a-z_]{1,50}$'),
  message text check (length(message) between 1 and 500),
  version_id version_id references versions,
  decided_at timestamptz,
  primary key (package_id, tag, commit_sha),
  check ((outcome = 'pending') = (decided_at is null)),
  check ((outcome = 'published') = (version_id is not null)),
  check ((outcome = 'skipped') = (reason is not null)),
  check ((reason is null) = (message is null))
);
create index pending_tags on tag_observations (package_id) where outcome = 'pending';
create unique index tag_observations_by_version on tag_observations (version_id);

/* What is published stays published. A skipped tag may be looked at again, when the rules have changed. */
create function keep_published_tag() returns trigger language plpgsql as $$
begin
  if old.outcome = 'published' then
    raise exception 'tag % of % is published', old.tag, old.package_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger published_tags_stay before update on tag_observations for each row execute function keep_published_tag();

create type check_status as enum ('pass', 'warn', 'fail', 'skipped');

create table version_checks (
  version_id version_id not null references versions,
  name text not null check (name ~ '^[a-z_]{1,40}$'),
  status check_status not null,
  -- one sentence of our own, which may quote paths of the package
  message text not null check (length(message) between 1 and 1000),
  checked_at timestamptz not null,
  primary key (version_id, name)
);
