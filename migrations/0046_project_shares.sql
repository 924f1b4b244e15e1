-- A project can be shared with a person outside its org by a mailed link, a guest's access ends by one row, and projects
-- in use are listed at the same cost however many are archived.
set local lock_timeout = '3s';

create domain share_id as text check (value ~ '^shr_[0-9A-HJKMNP-TV-Z]{26}$');
create type guest_role as enum ('developer', 'viewer');

create table project_shares (
  id share_id primary key,
  org_id org_id not null,
  project_id project_id not null,
  -- the only address that may use the link
  email_norm text not null check (email_norm = lower(email_norm) and email_norm like '%_@_%'),
  role guest_role not null,
  -- who sent the newest link, and may have lost the role to do so before it is used
  shared_by customer_id not null references customers,
  created_at timestamptz not null,
  -- of the newest link: an earlier one does not work any more
  token_hash sha256_hash not null unique,
  link_expires_at timestamptz not null,
  -- when the access ends by itself
  expires_at timestamptz,
  accepted_at timestamptz,
  customer_id customer_id references customers,
  ended_at timestamptz,
  ended_because text check (ended_because in ('revoked', 'replaced', 'became_member')),
  foreign key (project_id, org_id) references projects (id, org_id),
  check ((accepted_at is null) = (customer_id is null)),
  check ((ended_at is null) = (ended_because is null))
);
create unique index project_shares_open on project_shares (project_id, email_norm) where ended_at is null;
create unique index project_shares_of_guest on project_shares (customer_id, project_id) where ended_at is null;
-- what a person has shared, and what is shared with a person, within an org
create index project_shares_by_sender on project_shares (org_id, shared_by) where ended_at is null;
create index project_shares_by_project on project_shares (project_id, id desc) where ended_at is null;

-- The guests of now: the one place that says so. A member of the org is no guest.
create view project_guests as
select s.id as share_id, s.org_id, s.project_id, s.customer_id, s.role
  from project_shares s
 where s.ended_at is null and s.customer_id is not null and (s.expires_at is null or s.expires_at > now())
   and not exists (select from org_members m where m.org_id = s.org_id and m.customer_id = s.customer_id);

-- Who becomes a member is a guest no more, also after leaving the org again; links to the address end, too.
create function end_shares_of_member() returns trigger language plpgsql as $$
begin
  update project_shares set ended_at = now(), ended_because = 'became_member'
   where org_id = new.org_id and ended_at is null
     and (customer_id = new.customer_id
          or email_norm = (select u.email_norm from customers u where u.id = new.customer_id));
  return null;
end $$;
create trigger shares_end_for_members after insert on org_members
  for each row execute function end_shares_of_member();

create index projects_in_use on projects (org_id, slug) where archived_at is null;
create index projects_archived on projects (org_id, slug) where archived_at is not null;
