-- How a vendor begins: an org applies for a slug, and the operator of the market approves or declines it.

/* A vendor without approved_at is an open application. Vendors that are older than this migration never applied. */
alter table vendors
  add column website text check (length(website) between 10 and 200 and website ~ '^https://'),
  add column terms_version text check (length(terms_version) between 1 and 40),
  add column applied_by customer_id references customers,
  add column changed_at timestamptz,
  add check (num_nulls(website, terms_version, applied_by) in (0, 3));

create index vendor_applications on vendors (id) where approved_at is null;

/* An application that ended without an approval. Its slug can be applied for again. */
create table ended_applications (
  vendor_id vendor_id primary key,
  org_id org_id not null references orgs,
  slug text not null,
  name text not null,
  website text,
  terms_version text,
  applied_by customer_id references customers,
  applied_at timestamptz not null,
  outcome text not null check (outcome in ('declined', 'withdrawn')),
  -- from the operator
  reason text check (length(reason) between 1 and 500),
  ended_at timestamptz not null,
  check ((outcome = 'declined') = (reason is not null))
);
create index ended_applications_by_org on ended_applications (org_id, ended_at desc);

/* The vendor whose approval an operation waits for. Not a reference, because an ended application is no vendor. */
create table vendor_waits (
  operation_id operation_id primary key references operations,
  vendor_id vendor_id not null
);
create index vendor_waits_by_vendor on vendor_waits (vendor_id);
