-- Finds closed orders that nobody has invoiced yet without reading the others.
-- migrate: no-transaction
create index concurrently if not exists orders_to_invoice on orders (closed_at, id) where closed_at is not null and invoiced_at is null;
