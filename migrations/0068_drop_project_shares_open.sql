-- project_shares_unused replaces it: a new link goes to an address that a guest of the project had before.
-- migrate: no-transaction
drop index concurrently if exists project_shares_open;
