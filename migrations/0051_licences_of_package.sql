-- Reads the licences of one package of an org without reading its others.
-- migrate: no-transaction
create index concurrently if not exists licences_of_package on licences (org_id, package_id, id desc);
