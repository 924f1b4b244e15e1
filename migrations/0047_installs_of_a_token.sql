-- Finds the last installs of a project by its tokens without reading its older ones.
-- migrate: no-transaction
create index concurrently if not exists downloads_by_time on downloads (token_id, minute desc, version_id desc);
