-- What makes a late attempt harmless: an undone operation begins nothing, an order remembers where it was delivered, a
-- secret goes with its token.
alter table operations add column undone_at timestamptz;
alter table orders add column delivered_to project_id references projects;
alter table one_time_secrets add column token_id project_token_id;
create index one_time_secrets_by_token on one_time_secrets (token_id);
-- every request of the registry asks by project, ended activations included
create index activations_by_project on activations (project_id);
