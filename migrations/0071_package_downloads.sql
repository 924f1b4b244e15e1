-- The page of a package shows how often others than its vendor installed it, and must not count the rows of downloads at
-- each view. What a process of an older build stores during the deploy is not counted.
set local lock_timeout = '3s';

create table package_downloads (
  package_id package_id primary key,
  downloads bigint not null check (downloads > 0)
);
insert into package_downloads (package_id, downloads)
select p.id, count(*)
  from downloads d
  join versions v on v.id = d.version_id
  join packages p on p.id = v.package_id
  join vendors n on n.id = p.vendor_id
  join project_tokens t on t.id = d.token_id
  join projects j on j.id = t.project_id
 where j.org_id <> n.org_id
 group by p.id;
-- last, because from here on nobody can write packages until the commit
alter table package_downloads add foreign key (package_id) references packages on delete cascade;
