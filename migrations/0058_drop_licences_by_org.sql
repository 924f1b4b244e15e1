-- licences_of_package serves what this index served.
-- migrate: no-transaction
drop index concurrently if exists licences_by_org;
