-- What the registry may remember for seconds ends with the change: each transaction on what it reads says so at its commit.
create function tell_registry() returns trigger language plpgsql as $$
begin
  perform pg_notify('registry', '');
  return null;
end $$;

-- when a token was last used changes nothing that it opens
create trigger registry_hears after insert or delete or truncate
  or update of project_id, public_key, private_key_hash, expires_at, revoked_at
  on project_tokens for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on projects for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on licences for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on activations for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on vendors for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on packages for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on versions for each statement execute function tell_registry();
create trigger registry_hears after insert or update or delete or truncate
  on package_coverage for each statement execute function tell_registry();
