-- Which version replaces or provides a required name: asked for each name that nobody serves, so no manifest is read for it.
create table replaced_names (
  -- in lower case
  name text not null check (length(name) between 3 and 200),
  version_id version_id not null references versions on delete cascade,
  primary key (name, version_id)
);

/* Names of packages in lower case. Postgres reads no JSON with an escaped zero byte or half of a surrogate pair. */
create function replaced_names_of(manifest json) returns setof text language sql immutable as $$
  select distinct lower(r.name)
    from (select regexp_replace(manifest::text, '\\u(0000|d[89a-f]..)', '\\ufffd', 'gi')::json) as m (manifest)
   cross join (values ('replace'), ('provide')) as k (kind)
   cross join lateral json_object_keys(
     case json_typeof(m.manifest -> k.kind) when 'object' then m.manifest -> k.kind else '{}' end) as r (name)
   where r.name like '%_/_%' and length(r.name) <= 200
$$;

create function note_replaced_names() returns trigger language plpgsql as $$
begin
  insert into replaced_names (name, version_id) select replaced_names_of(new.manifest), new.id;
  return null;
end $$;

-- a version is frozen, so its names never change; an earlier release that still runs notes them, too
create trigger replaced_names_are_noted after insert on versions for each row execute function note_replaced_names();
insert into replaced_names (name, version_id) select replaced_names_of(manifest), id from versions;
