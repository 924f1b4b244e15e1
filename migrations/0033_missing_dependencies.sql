-- Required packages that nobody serves: each name is reported to its vendor once.
create table missing_dependencies (
  vendor_id vendor_id not null references vendors,
  name text not null check (length(name) between 3 and 200),
  found_at timestamptz not null,
  -- when to check again and report it; null once reported
  tell_at timestamptz,
  told_at timestamptz,
  primary key (vendor_id, name),
  check ((tell_at is null) = (told_at is not null))
);
create index missing_dependencies_due on missing_dependencies (tell_at) where tell_at is not null;
