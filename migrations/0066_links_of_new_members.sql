-- Who becomes a member ends only the unused links to the present address: who used one may have another address now.
set local lock_timeout = '3s';

create or replace function end_shares_of_member() returns trigger language plpgsql as $$
begin
  update project_shares set ended_at = now(), ended_because = 'became_member'
   where org_id = new.org_id and ended_at is null
     and (customer_id = new.customer_id
          or (customer_id is null
              and email_norm = (select u.email_norm from customers u where u.id = new.customer_id)));
  return null;
end $$;
