-- A person finds the invites to their address, and each sign-in has the org in which it began: one that is lost is not silently replaced.
set local lock_timeout = '5s';

create index org_invites_by_email on org_invites (email_norm, id) where used_at is null and revoked_at is null;

-- what a leaving member has made is listed
create index project_tokens_by_creator on project_tokens (created_by) where revoked_at is null;

-- until now a sign-in without a choice worked in the oldest org of its person
update sessions s
   set active_org_id = (
         select m.org_id
           from org_members m
           join orgs o on o.id = m.org_id and o.deleted_at is null
          where m.customer_id = s.customer_id
          order by m.joined_at, m.org_id
          limit 1)
 where s.active_org_id is null;
