-- What the registry remembers about a token ends at once when its org is deleted or restored.
create trigger registry_hears after update of deleted_at
  on orgs for each statement execute function tell_registry();
