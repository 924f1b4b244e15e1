-- A page of the orders of an org costs the same however many it has.
-- migrate: no-transaction
create index concurrently if not exists orders_by_org_and_time on orders (org_id, created_at desc, id desc);
