-- A disconnected integration leaves push hooks at its host. They are deleted with the last tokens, later when the host
-- was unreachable. cleanup_at: the time of the next attempt. Null when nothing can be left at the host.
alter table git_integrations
  add column cleanup_at timestamptz,
  add check (cleanup_at is null or disconnected_at is not null);
-- tokens do not outlive their integration, except for this
alter table git_integrations drop constraint git_integrations_check2;
alter table git_integrations
  add constraint git_integrations_tokens
  check ((sealed is not null) = (kind <> 'github' and (disconnected_at is null or cleanup_at is not null)));
create index git_integrations_cleanups on git_integrations (cleanup_at) where cleanup_at is not null;
