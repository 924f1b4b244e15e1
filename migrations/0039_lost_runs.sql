-- A run that is lost is found and goes on from its row; a place on a project is reserved even while an ended licence holds it.
alter table operations
  -- which run of the operation is the present one; a step of an earlier run is refused
  add column attempt int not null default 1 check (attempt >= 1),
  add column resumed_at timestamptz,
  -- when the next look is due whether the run lives; also the lease of a look
  add column look_due_at timestamptz not null default now() + interval '1 minute',
  -- a run that is resumed charges nothing more
  add column cancel_requested_at timestamptz;
create index operations_to_look_at on operations (look_due_at) where finished_at is null;

-- the project that a slot is reserved for: project_id stays empty while another licence holds the place
alter table activations add column reserved_for project_id;
alter table activations
  add foreign key (reserved_for, org_id) references projects (id, org_id),
  add check (reserved_for is null or project_id is null or reserved_for = project_id);
create unique index activations_one_reservation on activations (reserved_for, package_id)
  where activated_at is null and deactivated_at is null;
