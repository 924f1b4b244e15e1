-- An org with many licences reads them page by page: the newest, those of one package, and those that end next. Without
-- these indexes each page reads and sorts all licences of the org.
set local lock_timeout = '3s';

create index licences_newest on licences (org_id, id desc);
create index licences_by_end on licences (org_id, valid_until, id) where valid_until is not null;
create index licences_of_package on licences (org_id, package_id, id desc);
drop index licences_by_org;
