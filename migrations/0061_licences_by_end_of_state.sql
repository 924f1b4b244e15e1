-- Reads the licences of an org that end next, or that ended, without sorting all of them.
-- migrate: no-transaction
create index concurrently if not exists licences_by_end_of_state on licences (org_id, licence_end(status, valid_until), id);
