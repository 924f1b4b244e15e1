-- Reads the licences of an org that end next without sorting all of them.
-- migrate: no-transaction
create index concurrently if not exists licences_by_end on licences (org_id, valid_until, id) where valid_until is not null;
