-- The page of a package shows how often it was installed, and must not count the rows of downloads at each view.
-- What a process of an older build stores during the deploy is not counted.
set local lock_timeout = '3s';

create table package_downloads (
  package_id package_id primary key references packages on delete cascade,
  downloads bigint not null check (downloads > 0)
);
insert into package_downloads (package_id, downloads)
select v.package_id, count(*) from downloads d join versions v on v.id = d.version_id group by v.package_id;
