-- The search finds packages by any of several everyday words and ranks them, so each package keeps its words as stems:
-- those of its name and title count most. The separators of a name would make it one word.
alter table packages
  add column words tsvector not null generated always as (
    setweight(to_tsvector('english', translate(name, '/-_.', '    ')), 'A')
    || setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', summary), 'C')) stored;
create index packages_by_words on packages using gin (words);

-- as in 0014, with the words
create or replace view package_offers as
select p.id, p.name, p.type, p.title, p.summary, p.revision,
       p.vendor_id, v.slug as vendor_slug, v.name as vendor_name,
       p.withdrawn_at is not null as is_withdrawn,
       k.is_known,
       o.is_public,
       o.is_public and exists (
         select from versions r where r.package_id = p.id and r.status = 'available') as is_sold,
       v.payable_since is not null as vendor_is_payable,
       p.words
  from packages p
  join vendors v on v.id = p.vendor_id
 cross join lateral (select v.approved_at is not null and p.hidden_at is null as is_known) k
 cross join lateral (
   select k.is_known and v.suspended_at is null and p.withdrawn_at is null as is_public) o;
