-- What happened to public packages, as a Merkle tree (RFC 6962) that anybody can check: one leaf for each deed, never edited.

create table transparency_entries (
  id bigint generated always as identity primary key,
  -- the index of the leaf; null only until the transaction of the deed commits
  leaf bigint unique check (leaf >= 0),
  -- names the deed, so that it is logged once; never shown
  deed text not null unique,
  package text not null,
  zip_sha256 text check (zip_sha256 ~ '^[0-9a-f]{64}$'),
  -- the exact text that is hashed
  body text not null check (length(body) between 2 and 4000)
);
create index transparency_entries_by_package on transparency_entries (package, leaf);
create index transparency_entries_by_zip on transparency_entries (zip_sha256) where zip_sha256 is not null;

-- The root of each complete subtree. A leaf has level 0; a node covers the leaves from place * 2^level.
create table transparency_nodes (
  level int not null check (level >= 0),
  place bigint not null check (place >= 0),
  hash sha256_hash not null,
  primary key (level, place)
);

create table transparency_head (
  only_row boolean primary key default true check (only_row),
  size bigint not null check (size >= 0),
  root sha256_hash not null
);
insert into transparency_head (size, root) values (0, sha256(''));

-- The key that signs the heads, sealed: it outlives a rotation of SECRETS_KEY.
create table transparency_key (
  only_row boolean primary key default true check (only_row),
  key_id text not null,
  sealed bytea not null,
  public_key bytea not null check (octet_length(public_key) = 32)
);

create function only_places_a_new_entry() returns trigger language plpgsql as $$
begin
  if old.leaf is not null or to_jsonb(old) - 'leaf' <> to_jsonb(new) - 'leaf' then
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger transparency_entries_only_grow before update on transparency_entries
  for each row execute function only_places_a_new_entry();
create trigger transparency_entries_stay before delete on transparency_entries
  for each row execute function refuse_change();
create trigger transparency_entries_no_truncate before truncate on transparency_entries
  for each statement execute function refuse_change();
create trigger transparency_nodes_only_grow before update or delete on transparency_nodes
  for each row execute function refuse_change();
create trigger transparency_nodes_no_truncate before truncate on transparency_nodes
  for each statement execute function refuse_change();

/* Gives an entry its leaf at the commit of its deed. The lock of the head is therefore the last one of each transaction:
   it is held shortly, and a transaction that waits for it holds up nobody who has it. */
create function place_transparency_entry() returns trigger language plpgsql as $$
declare
  before_size bigint;
  node bytea := sha256('\x00'::bytea || convert_to(new.body, 'UTF8'));
  at_level int := 0;
  at_place bigint;
begin
  select size into strict before_size from transparency_head for update;
  at_place := before_size;
  insert into transparency_nodes (level, place, hash) values (at_level, at_place, node);
  -- each right child completes a subtree
  while at_place % 2 = 1 loop
    node := sha256('\x01'::bytea || transparency_node(at_level, at_place - 1) || node);
    at_level := at_level + 1;
    at_place := at_place / 2;
    insert into transparency_nodes (level, place, hash) values (at_level, at_place, node);
  end loop;
  -- the root joins the complete subtrees, beginning with the last and smallest
  while at_place > 0 loop
    if at_place % 2 = 1 then
      node := sha256('\x01'::bytea || transparency_node(at_level, at_place - 1) || node);
    end if;
    at_level := at_level + 1;
    at_place := at_place / 2;
  end loop;
  update transparency_entries set leaf = before_size where id = new.id;
  update transparency_head set size = before_size + 1, root = node;
  return null;
end $$;

create function transparency_node(of_level int, of_place bigint) returns bytea language plpgsql as $$
declare
  found bytea;
begin
  select n.hash into strict found from transparency_nodes n where n.level = of_level and n.place = of_place;
  return found;
end $$;

create constraint trigger transparency_entries_place after insert on transparency_entries
  deferrable initially deferred for each row execute function place_transparency_entry();
