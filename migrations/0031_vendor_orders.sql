-- A vendor looks at what it sold last, among the orders of all vendors.
-- migrate: no-transaction
create index concurrently if not exists order_lines_by_vendor on order_lines (vendor_id, id desc);
