-- What a client said when its person was to open a page, and of which wait: asked again, it is told the task works.
alter table operations
  add column page_wait timestamptz,
  add column page_opened boolean,
  add check ((page_wait is null) = (page_opened is null));
