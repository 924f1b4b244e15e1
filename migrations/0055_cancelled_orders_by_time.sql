-- A page of the cancelled orders of an org costs the same however many it has; sums leave them out.
-- migrate: no-transaction
create index concurrently if not exists cancelled_orders_by_time on orders (org_id, created_at desc, id desc) where cancelled_at is not null;
