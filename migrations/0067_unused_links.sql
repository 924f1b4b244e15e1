-- A project has one unused link to an address; guests may have changed the address to which theirs was sent.
-- migrate: no-transaction
create unique index concurrently if not exists project_shares_unused on project_shares (project_id, email_norm)
  where ended_at is null and customer_id is null;
