-- Accounts that people make by themselves: mail to send, single-use links in mail, the second factor, personal orgs.

-- What has to be sent, written in the transaction that causes it. A sent row stays, so that its key is never sent again.
create table mails (
  id bigint generated always as identity primary key,
  key text not null unique check (length(key) between 1 and 200),
  kind text not null,
  to_address text not null check (to_address like '%_@_%'),
  data jsonb not null,
  -- the secret part of a link, encrypted; deleted when the mail is sent or given up
  secret_key_id text,
  secret_sealed bytea,
  created_at timestamptz not null,
  due_at timestamptz,
  give_up_at timestamptz not null,
  attempts integer not null default 0,
  last_error text,
  sent_at timestamptz,
  given_up_at timestamptz,
  check ((secret_key_id is null) = (secret_sealed is null)),
  check (sent_at is null or given_up_at is null),
  -- a row is due, sent or given up
  check ((due_at is null) = (sent_at is not null or given_up_at is not null)),
  check (due_at is not null or secret_sealed is null)
);
create index mails_by_due on mails (due_at) where due_at is not null;
create index mails_by_sent on mails (sent_at) where sent_at is not null;
create function announce_mail() returns trigger language plpgsql as $$
begin
  perform pg_notify('mails', '');
  return null;
end $$;
create trigger mails_are_announced after insert on mails for each statement execute function announce_mail();

create table mail_links (
  token_hash sha256_hash primary key,
  purpose text not null check (purpose in ('sign_up', 'password_reset', 'email_change')),
  -- the address that got the link
  email_norm text not null check (email_norm = lower(email_norm) and email_norm like '%_@_%'),
  customer_id customer_id references customers,
  -- where the person wanted to go
  back text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'sign_up') = (customer_id is null))
);
create index mail_links_by_customer on mail_links (customer_id) where used_at is null;
create index mail_links_by_age on mail_links (expires_at);

-- How often something was asked for lately, by a hash of what it counts.
create table attempts (
  key_hash sha256_hash primary key,
  tries integer not null check (tries > 0),
  until timestamptz not null
);
create index attempts_by_age on attempts (until);

-- One per customer. Without `confirmed_at` it is being set up and is not asked for.
create table second_factors (
  customer_id customer_id primary key references customers,
  key_id text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  -- the time step of the last accepted code; a code of this step or an earlier one is refused
  last_step bigint not null default 0
);
create table recovery_codes (
  customer_id customer_id not null references customers,
  code_hash sha256_hash not null,
  used_at timestamptz,
  primary key (customer_id, code_hash)
);

-- where a session was opened: a shortened network address and the name of the browser, to recognise it by
alter table sessions add column network text, add column browser text;
alter table orgs add column personal_of customer_id unique references customers;
