-- A page of licences costs as much in an org with many as in one with few, also when few of them fit a filter: those with a
-- free slot, and those that ended.
set local lock_timeout = '3s';

-- When a licence stops being in force. What was taken back is over since ever, and what waits or is suspended is not over.
create function licence_end(status licence_status, valid_until timestamptz) returns timestamptz
language sql immutable parallel safe
return case when status in ('refunded', 'revoked') then '-infinity'::timestamptz
            when status = 'expired' then coalesce(valid_until, '-infinity')
            when status = 'active' then coalesce(valid_until, 'infinity')
            else 'infinity' end;

-- slots that are reserved or active
alter table licences add column taken_slots int not null default 0;

-- Counts again under a lock on the licence, so that two transactions cannot overwrite each other's count. A statement locks
-- its licences in the order of their ids, so that two statements on the same licences cannot deadlock.
create function count_taken_slots() returns trigger language plpgsql as $$
declare changed text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(licence_id::text) into changed from new_rows where deactivated_at is null;
  elsif tg_op = 'DELETE' then
    select array_agg(licence_id::text) into changed from old_rows where deactivated_at is null;
  else
    select array_agg(l.id::text) into changed
      from old_rows b join new_rows a using (id), lateral (values (b.licence_id), (a.licence_id)) l (id)
     where (a.licence_id, a.deactivated_at is null) is distinct from (b.licence_id, b.deactivated_at is null);
  end if;
  if changed is null then return null; end if;
  perform from licences where id = any (changed) order by id for no key update;
  update licences l
     set taken_slots = (select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)
   where id = any (changed);
  return null;
end $$;
create trigger activations_are_counted after insert on activations
  referencing new table as new_rows for each statement execute function count_taken_slots();
create trigger activations_are_counted_again after update on activations
  referencing old table as old_rows new table as new_rows for each statement execute function count_taken_slots();
create trigger activations_are_counted_off after delete on activations
  referencing old table as old_rows for each statement execute function count_taken_slots();
