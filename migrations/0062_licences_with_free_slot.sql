-- Reads the licences of an org with a free slot without reading the others.
-- migrate: no-transaction
create index concurrently if not exists licences_with_free_slot on licences (org_id, licence_end(status, valid_until), id)
  where status = 'active' and taken_slots < slots;
