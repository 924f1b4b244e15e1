-- open_orders_by_time serves what this index served.
-- migrate: no-transaction
drop index concurrently if exists orders_open;
