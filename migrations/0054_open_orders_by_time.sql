-- A page of the open orders of an org costs the same however many it has.
-- migrate: no-transaction
create index concurrently if not exists open_orders_by_time on orders (org_id, created_at desc, id desc) where closed_at is null and cancelled_at is null;
