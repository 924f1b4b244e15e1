-- Device sign-in (RFC 8628): when a request to be connected was refused, and how often its application asks for the answer.
alter table oauth_artifacts
  add column refused_at timestamptz,
  add column polled_at timestamptz,
  -- how long an application has to wait between two polls; it grows when it does not
  add column poll_seconds integer not null default 5 check (poll_seconds between 5 and 60);

/* A connection of a device never may buy, because its person cannot see where the code was typed. */
alter table connections
  add column is_device boolean not null default false,
  add constraint devices_never_buy check (not (is_device and ('buy' = any (scopes) or 'buy' = any (granted_scopes))));
