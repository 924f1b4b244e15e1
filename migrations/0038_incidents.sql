-- One list of what needs an operator, and nudges that are sent once however often they were asked for.

create domain incident_id as text check (value ~ '^inc_[0-9A-HJKMNP-TV-Z]{26}$');
create table incidents (
  id incident_id primary key,
  kind text not null check (kind ~ '^[a-z_]{1,40}$'),
  object text not null check (length(object) between 1 and 200),
  detail text check (length(detail) between 1 and 300),
  since timestamptz not null,
  last_at timestamptz not null,
  times int not null default 1 check (times > 0),
  ended_at timestamptz,
  note text check (length(note) between 5 and 500),
  check (last_at >= since),
  check (note is null or ended_at is not null)
);
create unique index incidents_open on incidents (kind, object) where ended_at is null;

-- incidents replace operations.needs_operator_since, which an earlier release still writes
insert into incidents (id, kind, object, since, last_at)
select 'inc_' || substr(id, 4), case when finished_at is null then 'run_stuck' else 'run_failed' end,
       id, needs_operator_since, needs_operator_since
  from operations where needs_operator_since is not null;

-- asked: how often a nudge was asked for while its row waits. 0: a row of an earlier release, which is not coalesced.
alter table outbox add column asked int not null default 0;
create unique index outbox_one_nudge on outbox (workflow_id, deed) where asked > 0;
-- the nudges that were sent since the operation began to wait
alter table operations add column nudges int not null default 0, add column nudged_at timestamptz;
