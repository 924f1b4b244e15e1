-- A cart holds a package once, for the edition of the project unless another is said, and a checkout that is not over
-- holds the items it may charge for.
alter table cart_items
  drop constraint cart_items_pkey,
  add primary key (org_id, package_id),
  alter column edition drop not null,
  add column order_id order_id references orders;
create index cart_items_by_order on cart_items (order_id) where order_id is not null;
