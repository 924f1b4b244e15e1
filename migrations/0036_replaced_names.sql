-- Which available version replaces or provides a required name: asked for each name that nobody serves, so no manifest is read for it.
create table replaced_names (
  -- in lower case
  name text not null check (length(name) between 3 and 200),
  version_id version_id not null,
  primary key (name, version_id)
);

/* Names of packages in lower case. Postgres reads no JSON with an escaped zero byte or half of a surrogate pair. */
create function replaced_names_of(manifest json) returns setof text language sql immutable as $$
  select distinct lower(r.name)
    from json_each(regexp_replace(manifest::text, '\\u(0000|d[89a-f]..)', '\\ufffd', 'gi')::json) as l (type, links)
   cross join lateral json_object_keys(case json_typeof(l.links) when 'object' then l.links else '{}' end) as r (name)
   where l.type in ('replace', 'provide') and r.name like '%_/_%' and length(r.name) <= 200
$$;

create function note_replaced_names() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from replaced_names where version_id = new.id;
  end if;
  if new.status = 'available' then
    insert into replaced_names (name, version_id) select replaced_names_of(new.manifest), new.id;
  end if;
  return null;
end $$;

-- the manifest of a version is frozen; an earlier release that still runs notes the names, too
create trigger replaced_names_are_noted after insert or update of status on versions
  for each row execute function note_replaced_names();
insert into replaced_names (name, version_id)
select replaced_names_of(manifest), id from versions where status = 'available' and json_typeof(manifest) = 'object';
-- after the rows, because that is faster
create index replaced_names_by_version on replaced_names (version_id);
alter table replaced_names add foreign key (version_id) references versions on delete cascade;
