-- The catalogue filters by the Magento version with which a package works, without reading manifests: it is derived at publication.
set local lock_timeout = '3s';

create table version_compatibility (
  version_id version_id primary key references versions on delete cascade,
  -- lines such as 2.4.6; null when the manifest says nothing about Magento, empty when it allows none that was known
  works_with text[],
  -- what the vendor says, such as 2.4.6 or 2.4.6-p3
  tested_with text[] not null,
  -- the revision of src/kernel/magento.ts by which it was derived
  derived_by int not null check (derived_by > 0)
);

create table package_magento_lines (
  package_id package_id not null references packages on delete cascade,
  line text not null check (line ~ '^\d+\.\d+\.\d+$'),
  -- the newest version on offer that works with the line
  version_id version_id not null references versions on delete cascade,
  primary key (package_id, line)
);
create index package_magento_lines_by_line on package_magento_lines (line, package_id);
