-- A vendor changes texts, prices and visibility of its packages: a change of an outdated state is refused, and what was sold stays covered.
alter table packages
  -- counts the changes of texts, prices and visibility
  add column offer_revision int not null default 0,
  -- when it last stopped being hidden; releases from before still cover it
  add column shown_at timestamptz;
