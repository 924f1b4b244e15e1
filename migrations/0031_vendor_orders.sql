-- Finds the last sales of a vendor without reading the orders of all vendors.
-- migrate: no-transaction
create index concurrently if not exists order_lines_by_vendor on order_lines (vendor_id, id desc);
