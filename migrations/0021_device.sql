-- Device sign-in (RFC 8628): when a request to be connected was refused, and how often its application asks for the answer.
alter table oauth_artifacts
  add column refused_at timestamptz,
  add column polled_at timestamptz,
  -- how long an application has to wait between two polls; it grows when it does not
  add column poll_seconds integer not null default 5 check (poll_seconds between 5 and 60);
