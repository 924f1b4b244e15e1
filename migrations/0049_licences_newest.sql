-- Reads the licences of an org page by page, the newest first, without sorting all of them.
-- migrate: no-transaction
create index concurrently if not exists licences_newest on licences (org_id, id desc);
