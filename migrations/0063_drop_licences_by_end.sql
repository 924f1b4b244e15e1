-- licences_by_end_of_state replaces it.
-- migrate: no-transaction
drop index concurrently if exists licences_by_end;
