-- Two questions are answered in one place each: what a licence is at a moment, and what the shop shows and sells of a package.

-- A paid window ends by itself, whatever the row still says. A licence is in force while this is 'active'.
create function licence_state(status licence_status, valid_until timestamptz, at timestamptz) returns licence_status
language sql immutable parallel safe
return case when status = 'active' and valid_until <= at then 'expired' else status end;

-- The licences that let a project install something: the end of the window closes nothing that was released before it.
-- A licence that is reserved, suspended, refunded or revoked grants nothing.
create view licence_grants as
select a.project_id, l.id as licence_id, l.package_id, coalesce(l.valid_until, 'infinity') as until
  from activations a
  join licences l on l.id = a.licence_id
 where a.activated_at is not null and a.deactivated_at is null
   and l.status in ('active', 'expired');

create or replace view entitlements as
select g.project_id, c.child_id as package_id, max(g.until) as until
  from licence_grants g
  join package_coverage c on c.parent_id = g.package_id and c.since <= g.until
 group by 1, 2;

-- is_known: not "not found". is_public: the shop lists it and has a page for it. is_sold: it can be bought, and when it
-- costs something only while vendor_is_payable.
create view package_offers as
select p.id, p.name, p.type, p.title, p.summary, p.revision,
       p.vendor_id, v.slug as vendor_slug, v.name as vendor_name,
       p.withdrawn_at is not null as is_withdrawn,
       k.is_known,
       o.is_public,
       o.is_public and exists (
         select from versions r where r.package_id = p.id and r.status = 'available') as is_sold,
       v.payable_since is not null as vendor_is_payable
  from packages p
  join vendors v on v.id = p.vendor_id
 cross join lateral (select v.approved_at is not null and p.hidden_at is null as is_known) k
 cross join lateral (
   select k.is_known and v.suspended_at is null and p.withdrawn_at is null as is_public) o;
