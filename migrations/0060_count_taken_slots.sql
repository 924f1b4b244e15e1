-- Counts the taken slots of the licences that were there before, a thousand at a time, each under its lock as the trigger does.
-- migrate: no-transaction
do $$
declare late text[];
begin
  loop
    select array_agg(id) into late from (
      select l.id::text as id from licences l
       where l.taken_slots <> (select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)
       order by l.id limit 1000) wrong;
    exit when late is null;
    perform from licences where id = any (late) order by id for no key update;
    update licences l
       set taken_slots = (select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)
     where id = any (late);
    commit;
  end loop;
end $$;
