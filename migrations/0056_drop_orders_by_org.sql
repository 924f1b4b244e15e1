-- orders_by_org_and_time serves what this index served.
-- migrate: no-transaction
drop index concurrently if exists orders_by_org;
