-- Why a version was withdrawn is public, so the pages show it. Until now only the audit log had the reason.

alter table versions
  add column withdrawn_because text check (length(withdrawn_because) between 1 and 100),
  add check (withdrawn_because is null or status <> 'available');

create or replace function freeze_version() returns trigger language plpgsql as $$
declare free text[] := array['status', 'blocked_because', 'withdrawn_because', 'moved_to'];
begin
  if to_jsonb(old) - free <> to_jsonb(new) - free then
    raise exception 'version % of % is frozen', old.label, old.package_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
