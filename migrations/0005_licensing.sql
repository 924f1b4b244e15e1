-- The right an org bought and its slots: a licence is active only when its line is paid, and lends no more slots than it has.
create type licence_status as enum ('reserved', 'active', 'expired', 'suspended', 'refunded', 'revoked');
create table licences (
  id licence_id primary key,
  org_id org_id not null references orgs,
  package_id package_id not null references packages,
  edition edition not null,
  model price_model not null,
  order_item_id item_id not null unique references order_items,
  slots int not null default 1 check (slots >= 1),
  status licence_status not null,
  valid_until timestamptz,
  created_at timestamptz not null,
  activated_at timestamptz,
  unique (id, package_id, org_id),
  check ((status = 'reserved') = (activated_at is null)),
  check (model = 'yearly' or valid_until is null),
  check (model <> 'yearly' or status = 'reserved' or valid_until is not null)
);
create index licences_by_org on licences (org_id, package_id);

create function active_licence_is_paid() returns trigger language plpgsql as $$
begin
  if new.status = 'active' and not exists (
    select from order_items i join order_lines l on l.id = i.line_id
     where i.id = new.order_item_id and l.paid_at is not null and l.voided_at is null) then
    raise exception 'licence % is active on a line that is not paid', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger licences_active_when_paid after insert or update of status on licences
  deferrable initially deferred for each row execute function active_licence_is_paid();

-- A slot is taken from its reservation on; until it is activated the project may not exist yet.
create table activations (
  id activation_id primary key,
  org_id org_id not null,
  licence_id licence_id not null,
  package_id package_id not null,
  project_id project_id,
  slot int not null check (slot >= 1),
  operation_id operation_id references operations,
  reserved_at timestamptz not null,
  activated_at timestamptz,
  deactivated_at timestamptz,
  foreign key (licence_id, package_id, org_id) references licences (id, package_id, org_id),
  foreign key (project_id, org_id) references projects (id, org_id),
  check (activated_at is null or project_id is not null)
);
create unique index activations_one_per_slot on activations (licence_id, slot) where deactivated_at is null;
create unique index activations_one_per_project on activations (project_id, package_id) where deactivated_at is null;
create index activations_by_operation on activations (operation_id);

create function slot_exists() returns trigger language plpgsql as $$
declare available int;
begin
  select slots into available from licences where id = new.licence_id;
  if new.slot > available then
    raise exception 'licence % has % slots, not %', new.licence_id, available, new.slot using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger activations_fit_slots before insert or update of slot, licence_id on activations
  for each row execute function slot_exists();

create function slots_cover_activations() returns trigger language plpgsql as $$
begin
  if exists (select from activations where licence_id = new.id and deactivated_at is null and slot > new.slots) then
    raise exception 'licence % has activations beyond % slots', new.id, new.slots using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger licences_keep_used_slots before update of slots on licences for each row execute function slots_cover_activations();

-- What a project may install, and up to which release date: through its activations, and what those packages cover.
create view entitlements as
select a.project_id, c.child_id as package_id, max(coalesce(l.valid_until, 'infinity')) as until
  from activations a
  join licences l on l.id = a.licence_id and l.status in ('active', 'expired')
  join package_coverage c on c.parent_id = l.package_id and c.since <= coalesce(l.valid_until, 'infinity')
 where a.activated_at is not null and a.deactivated_at is null
 group by 1, 2;
