-- Lists the operations of one person without reading those of everybody else in a busy org.
-- migrate: no-transaction
create index concurrently if not exists operations_by_person on operations (org_id, asked_by, id desc);
