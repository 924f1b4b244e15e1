-- How often an address was tried from one network lately, so that nobody guesses passwords by the thousand.
create table sign_in_attempts (
  key_hash sha256_hash primary key,
  tries integer not null check (tries > 0),
  since timestamptz not null
);
create index sign_in_attempts_by_age on sign_in_attempts (since);
