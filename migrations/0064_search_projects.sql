-- What a search of projects looks in: to fold and join the three for each project cost more than everything else. It rewrites
-- the table of projects, of which even large orgs have only thousands.
set local lock_timeout = '3s';

alter table projects add column searched_text text not null
  generated always as (lower(name || ' ' || slug || ' ' || coalesce(production_domain, ''))) stored;
